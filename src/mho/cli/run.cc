// mho run: whatever the study file's `task` says.

#include <fmt/core.h>

#include <memory>
#include <string>

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
    throw core::InvalidInput(
        fmt::format("{}: task = \"{}\": mho run knows \"infer\" and \"train\"{}", arguments->file.path, task,
                    task == "mvm" || task == "cost" ? fmt::format("; for this one use mho {}", task) : ""));
  });
}

}  // namespace mho::cli
