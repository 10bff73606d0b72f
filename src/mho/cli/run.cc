// mho run: whatever the study file's `task` says.

#include <memory>
#include <nlohmann/json.hpp>

#include "mho/cli/study_file.h"
#include "mho/cli/verbs.h"

namespace mho::cli {

void add_run(CLI::App& app, Common& common) {
  auto* verb = app.add_subcommand("run", "run a study: its `task` says what is computed");
  auto arguments = std::make_shared<StudyArguments>();
  add_study_options(*verb, *arguments);
  verb->get_option("study")->required();
  verb->callback([arguments, &common] { run_study("", read_study(*arguments), *arguments, common); });
}

}  // namespace mho::cli
