// mho device fit: from measured pulse trains to a device card.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "mho/cli/verbs.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/picture/chart.h"
#include "mho/device/fit.h"

namespace mho::cli {
namespace {

struct Options {
  std::string set, reset, unit = "ampere", name = "fitted", model = "table", source, folder = ".";
  double read_voltage_v = 0.1;
};

device::TrainUnit unit_of(const std::string& word) {
  if (word == "ampere") return device::TrainUnit::ampere;
  return word == "siemens" ? device::TrainUnit::siemens : device::TrainUnit::normalized;
}

/// A number of the JSON answer; what is not finite (a parameter that the data don't bound) is null.
nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

nlohmann::json as_json(const device::Fit& fit) {
  nlohmann::json models = nlohmann::json::array();
  for (const auto& model : fit.models) {
    nlohmann::json estimates = nlohmann::json::object();
    for (const auto& e : model.estimates)
      estimates[e.name] = {{"value", number(e.value)}, {"ci95", {number(e.low), number(e.high)}}};
    models.push_back({{"model", device::word_of(model.kind)},
                      {"parameters", estimates},
                      {"log_likelihood", number(model.log_likelihood)},
                      {"aic", number(model.aic)},
                      {"rms_error", number(model.rms_error)}});
  }
  return {{"low", fit.low}, {"high", fit.high}, {"models", models}};
}

void print(const device::Fit& fit) {
  fmt::print("range {:.5g} to {:.5g}; steps below are in units of half of it, the best model first\n\n",
             fit.low, fit.high);
  for (const auto& model : fit.models) {
    fmt::print("{:12} AIC {:.1f}, mean ramp off by {:.2g}% of the range\n", device::word_of(model.kind),
               model.aic, 100 * model.rms_error);
    for (const auto& e : model.estimates)
      fmt::print("  {:12} {:>10.4g}   [{:.4g}, {:.4g}]\n", e.name, e.value, e.low, e.high);
  }
}

void fit(const Options& options, const Common& common) {
  const auto unit = unit_of(options.unit);
  const auto set = device::read_pulse_trains(options.set, unit, options.read_voltage_v);
  const auto reset = device::read_pulse_trains(options.reset, unit, options.read_voltage_v);
  const auto found = device::fit_pulse_trains(set, reset);
  const std::string source =
      options.source.empty()
          ? fmt::format("{} and {}", std::filesystem::path(options.set).filename().string(),
                        std::filesystem::path(options.reset).filename().string())
          : options.source;
  const auto base = std::filesystem::path(options.folder) / options.name;
  const std::string card = device::card_of(found, options.name, options.model, unit, source);
  core::write_file(base.string() + ".toml", card);
  core::write_file(base.string() + ".svg", core::picture_of(device::charts_of(found, set, reset)).file());
  print(found);
  fmt::print("\n{0}.toml\n{0}.svg\n", base.string());
  if (!common.json_file.empty()) core::write_file(common.json_file, as_json(found).dump(2) + "\n");
}

}  // namespace

void add_device_fit(CLI::App& device, Common& common) {
  auto options = std::make_shared<Options>();
  auto* verb =
      device.add_subcommand("fit", "a device card from measured pulse trains (CSV: a column a ramp)");
  verb->add_option("--set", options->set, "CSV of SET ramps; data.csv:2 takes a column, x.csv:1-10 several")
      ->required();
  verb->add_option("--reset", options->reset, "CSV of RESET ramps")->required();
  verb->add_option("--unit", options->unit, "what the numbers are")
      ->check(CLI::IsMember({"ampere", "siemens", "normalized"}));
  verb->add_option("--read-voltage-v", options->read_voltage_v, "that the currents were read at")
      ->check(CLI::PositiveNumber);
  verb->add_option("--model", options->model, "what the card holds")
      ->check(CLI::IsMember({"table", "best", "constant", "linear", "power", "exponential"}));
  verb->add_option("--name", options->name, "of the card: NAME.toml and NAME.svg are written");
  verb->add_option("--source", options->source, "who measured this (default: the names of the files)");
  verb->add_option("--folder", options->folder, "where the files go");
  verb->callback([options, &common] { fit(*options, common); });
}

}  // namespace mho::cli
