#pragma once
// What the verbs that run a study share: its options, the file with --set laid over it, and the run itself.

#include <CLI/App.hpp>
#include <string>

#include "mho/cli/study_file.h"
#include "mho/cli/verbs.h"
#include "mho/core/config.h"

namespace mho::cli {

struct StudyArguments {
  StudyFile file;
  std::string report;  ///< --report F.html; "": none
  std::string store;   ///< --store F.sqlite; "": beside the JSON, until the run is complete
};

/// Positional STUDY, `--set KEY=VALUE`, `--report`, `--store`.
void add_run_options(CLI::App& verb, StudyArguments& arguments);

/// Runs a study of task "infer": progress on the terminal, then its table, JSON and report.
void run_inference_study(const core::Config& study, const StudyArguments& arguments, Common& common);

/// The same for task "train".
void run_training_study(const core::Config& study, const StudyArguments& arguments, Common& common);

}  // namespace mho::cli
