// mho infer: how accurate a network is in float, on a digital accelerator and on analog chips.

#include <memory>
#include <nlohmann/json.hpp>

#include "mho/cli/study_file.h"
#include "mho/cli/verbs.h"

namespace mho::cli {

void add_infer(CLI::App& app, Common& common) {
  auto* verb =
      app.add_subcommand("infer", "accuracy of a network: float, digital, and analog chips with error bars");
  auto arguments = std::make_shared<StudyArguments>();
  add_study_options(*verb, *arguments);
  verb->get_option("study")->required();
  verb->callback([arguments, &common] { run_study("infer", read_study(*arguments), *arguments, common); });
}

}  // namespace mho::cli
