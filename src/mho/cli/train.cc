// mho train: networks that learn on the arrays, and how well, epoch by epoch.

#include <memory>

#include "mho/cli/study_run.h"
#include "mho/cli/verbs.h"

namespace mho::cli {

void add_train(CLI::App& app, Common& common) {
  auto* verb =
      app.add_subcommand("train", "training on the chip: accuracy after every epoch, for every device");
  auto arguments = std::make_shared<StudyArguments>();
  add_run_options(*verb, *arguments);
  verb->callback(
      [arguments, &common] { run_training_study(read_study(arguments->file), *arguments, common); });
}

}  // namespace mho::cli
