// mho train: networks that learn on the arrays, and how well, epoch by epoch.

#include <memory>
#include <nlohmann/json.hpp>

#include "mho/cli/study_file.h"
#include "mho/cli/verbs.h"

namespace mho::cli {

void add_train(CLI::App& app, Common& common) {
  auto* verb =
      app.add_subcommand("train", "training on the chip: accuracy after every epoch, for every device");
  auto arguments = std::make_shared<StudyArguments>();
  add_study_options(*verb, *arguments);
  verb->get_option("study")->required();
  verb->callback([arguments, &common] { run_study("train", read_study(*arguments), *arguments, common); });
}

}  // namespace mho::cli
