// mho run: whatever the study file's `task` says.

#include <fmt/core.h>

#include <memory>
#include <string>

#include "mho/cli/cost_study.h"
#include "mho/cli/study_run.h"
#include "mho/cli/verbs.h"
#include "mho/core/error.h"

namespace mho::cli {

void add_run(CLI::App& app, Common& common) {
  auto* verb = app.add_subcommand("run", "run a study: its `task` says what is computed");
  auto arguments = std::make_shared<StudyArguments>();
  add_run_options(*verb, *arguments);
  verb->callback([arguments, &common] {
    const auto study = read_study(arguments->file);
    const core::Config peek = study;
    const std::string task = peek.root().text("task", "infer");
    if (task == "infer") return run_inference_study(study, *arguments, common);
    if (task == "train") return run_training_study(study, *arguments, common);
    if (task == "cost") return run_cost_study(study, arguments->file.path, {}, common);
    throw core::InvalidInput(
        fmt::format("{}: task = \"{}\": mho run knows \"infer\", \"train\" and \"cost\"{}",
                    arguments->file.path, task, task == "mvm" ? "; for this one use mho mvm" : ""));
  });
}

}  // namespace mho::cli
