#pragma once
// What verbs that work on a study have in common: reading it, and answering in JSON.

#include <CLI/App.hpp>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mho/cli/verbs.h"
#include "mho/core/config.h"

namespace mho::cli {

/// A study file and what the command line changes in it.
struct StudyFile {
  std::string path;
  std::vector<std::string> settings;  ///< --set adc.bits=4
};

/// Options `--config FILE` and `--set KEY=VALUE`.
void add_study_options(CLI::App& verb, StudyFile& file);
/// Throws InvalidInput where the file is no TOML or a --set has no "=".
core::Config read_study(const StudyFile& file);

/// Writes `answer`, with what every document starts with, where --json was given.
void write_json(const Common& common, std::string_view task, const core::Config& study, std::uint64_t seed,
                const nlohmann::json& answer);

}  // namespace mho::cli
