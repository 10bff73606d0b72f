// mho infer: how accurate a network is in float, on a digital accelerator and on analog chips.

#include <memory>

#include "mho/cli/study_run.h"
#include "mho/cli/verbs.h"

namespace mho::cli {

void add_infer(CLI::App& app, Common& common) {
  auto* verb =
      app.add_subcommand("infer", "accuracy of a network: float, digital, and analog chips with error bars");
  auto arguments = std::make_shared<StudyArguments>();
  add_run_options(*verb, *arguments);
  verb->callback(
      [arguments, &common] { run_inference_study(read_study(arguments->file), *arguments, common); });
}

}  // namespace mho::cli
