#pragma once
// What verbs that work on a study have in common: reading it, and running it as a task.

#include <CLI/App.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mho/cli/verbs.h"
#include "mho/core/config.h"

namespace mho::cli {

/// A study file, what the command line changes in it, and where its result goes.
struct StudyArguments {
  std::string path;
  std::vector<std::string> settings;  ///< --set adc.bits=4
  std::string report;                 ///< --report F.html; "": none
  std::string store;                  ///< --store F.sqlite; "": beside the JSON, until the run is complete
};

/// Positional STUDY, `--set KEY=VALUE`, `--report`, `--store`.
void add_study_options(CLI::App& verb, StudyArguments& arguments);

/// The file with --set laid over it; says on stderr what else changed by that. Throws InvalidInput where the
/// file is no TOML or a --set has no "=".
core::Config read_study(const StudyArguments& arguments);

/// Runs a study as a task ("": the one that it names): progress on the terminal, then tables, JSON and page.
/// Returns the result document.
nlohmann::ordered_json run_study(std::string_view task, const core::Config& study,
                                 const StudyArguments& arguments, Common& common);

}  // namespace mho::cli
