// mho mvm: what crossbar arrays answer to given vectors, beside the exact product.

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "mho/cli/study_file.h"
#include "mho/cli/verbs.h"
#include "mho/core/error.h"

namespace mho::cli {
namespace {

/// Keys of [mvm] and [study] as options of their own.
struct Options {
  StudyArguments study;
  std::string config;  ///< --config, the older way to name the study
  std::string weights, inputs, output, spice;
  bool transpose = false;
  std::optional<std::uint32_t> trial, trials;
};

/// The study with what the options say. Their files are relative to the current folder, as a shell's are.
core::Config with_options(core::Config study, const Options& options) {
  const auto file = [&](const char* key, const std::string& path) {
    if (path.empty()) return;
    const std::string absolute = std::filesystem::absolute(path).string();
    study = study.with(fmt::format("mvm.{}", key), nlohmann::json(absolute).dump());
  };
  file("weights", options.weights);
  file("inputs", options.inputs);
  file("output", options.output);
  file("spice", options.spice);
  if (options.transpose) study = study.with("mvm.transpose", "true");
  if (options.trial) study = study.with("mvm.trial", fmt::format("{}", *options.trial));
  if (options.trials) study = study.with("study.trials", fmt::format("{}", *options.trials));
  return study;
}

}  // namespace

void add_mvm(CLI::App& app, Common& common) {
  const auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("mvm", "vectors through a matrix in crossbar arrays");
  add_study_options(*verb, options->study);
  verb->add_option("--config", options->config, "the study file, as STUDY");
  verb->add_option("--weights", options->weights, "matrix W (outputs, inputs), NPY");
  verb->add_option("--inputs", options->inputs,
                   "vectors X (batch, inputs), NPY; transposed: (batch, outputs)");
  verb->add_option("--output", options->output,
                   "where Y (batch, outputs) goes, NPY; transposed: (batch, inputs)");
  verb->add_option("--spice", options->spice,
                   "writes the first array under the first vector as a netlist for ngspice");
  verb->add_flag("--transpose", options->transpose, "drive the columns and read the rows: Y = X·W");
  verb->add_option("--trial", options->trial, "which chip: numbers its random errors (default 0)");
  verb->add_option("--trials", options->trials,
                   "chips, from --trial on; more than one make Y (trials, batch, …)")
      ->check(CLI::Range(1, 1000000));
  verb->callback([options, &common] {
    auto& arguments = options->study;
    if (arguments.path.empty() == options->config.empty())
      throw core::InvalidInput("mho mvm takes one study: STUDY or --config FILE");
    if (arguments.path.empty()) arguments.path = options->config;
    run_study("mvm", with_options(read_study(arguments), *options), arguments, common);
  });
}

}  // namespace mho::cli
