// mho device: lists, shows, draws and samples device cards.

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "mho/cli/verbs.h"
#include "mho/core/config.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/npy.h"
#include "mho/core/picture/chart.h"
#include "mho/device/card.h"
#include "mho/device/cell.h"
#include "mho/device/cell_models.h"
#include "mho/device/compact_table.h"
#include "mho/device/plot.h"
#include "mho/device/sample.h"
#include "mho/device/step.h"
#include "mho/device/update.h"

namespace mho::cli {
namespace {

struct Options {
  std::string card, targets, output;
  std::string state, request;
  std::string increasing, decreasing, name;
  std::vector<std::string> settings;  // key=value, of [device]
  std::size_t draws = 1;
  std::uint64_t seed = 1;
  double time_s = 0;
  bool read = false;
};

core::Config study_of(const Options& options) {
  auto study = core::Config::from_text("", options.card).with("device.card", options.card);
  if (options.time_s != 0) study = study.with("device.time_s", fmt::format("{}", options.time_s));
  for (const auto& setting : options.settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      throw core::InvalidInput(fmt::format("--set {}: must be key=value, as in --set g_on_s=5e-5", setting));
    study = study.with("device." + setting.substr(0, equals), setting.substr(equals + 1));
  }
  return study;
}

device::Cell cell_of(const Options& options) {
  auto study = study_of(options);
  device::Cell cell = device::read_cell(study);
  study.finish();
  return cell;
}

void list(const Common& common) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& name : device::card_names()) {
    auto card = device::load_card(name);
    const auto models = device::read_models(card);
    fmt::print("{:24} {}\n", name, models.summary);
    const auto variants = device::card_variants(name);
    if (!variants.empty()) fmt::print("{:24}   also {} to {}\n", "", variants.front(), variants.back());
    out.push_back({{"name", name}, {"summary", models.summary}});
  }
  if (!common.json_file.empty()) core::write_file(common.json_file, out.dump(2) + "\n");
}

void show(const Options& options, const Common& common) {
  const device::Cell cell = cell_of(options);
  auto card = device::load_card(options.card);
  const auto models = device::read_models(card);
  const auto origins = device::read_provenance(card);
  fmt::print("{}: {}\n", cell.name(), models.summary);
  fmt::print("G_on {:.4g} µS, on/off ratio {:.4g}, read at {:.3g} V\n\n", cell.g_on_s() * 1e6,
             cell.on_off_ratio(), cell.read_voltage_v());
  for (const auto& origin : origins) {
    fmt::print("{:16} {:10} {}\n", origin.block, origin.kind.empty() ? "-" : origin.kind,
               origin.source.empty() ? "no source given" : origin.source);
  }
  fmt::print("\n{}", card.text());
  if (common.json_file.empty()) return;
  nlohmann::json out = card.resolved();
  out["text"] = card.text();
  core::write_file(common.json_file, out.dump(2) + "\n");
}

void plot(const Options& options) {
  auto charts = device::charts_of(cell_of(options));
  if (device::load_card(options.card).root().has("update")) {
    auto study = study_of(options);
    const auto model = device::read_update_model(study);
    study.finish();
    const auto changes = device::charts_of(options.card, model);
    charts.insert(charts.end(), changes.begin(), changes.end());
  }
  if (charts.empty())
    throw core::InvalidInput(
        fmt::format("the card \"{}\" has no error, drift, curvature or update to draw", options.card));
  const std::string path = options.output.empty() ? options.card + ".svg" : options.output;
  core::write_file(path, core::picture_of(charts).file());
  fmt::print("{}\n", path);
}

void sample(const Options& options) {
  const device::Cell cell = cell_of(options);
  const auto array = core::read_npy(options.targets);
  const auto targets = core::elements_as<float>(array, options.targets);
  if (targets.empty()) throw core::InvalidInput(fmt::format("{}: holds no targets", options.targets));
  core::write_npy(options.output, device::sample(cell, targets, options.draws, options.seed, options.read));
}

void step(const Options& options) {
  auto study = study_of(options);
  const auto model = device::read_update_model(study);
  study.finish();
  const auto state = core::elements_as<double>(core::read_npy(options.state), options.state);
  const auto request = core::elements_as<double>(core::read_npy(options.request), options.request);
  core::write_npy(options.output, device::step(model, state, request, options.draws, options.seed));
}

void compact(const Options& options) {
  core::Library library;
  const auto table = device::read_update_table(options.increasing, options.decreasing, library);
  const std::string text = device::toml_of(device::compact(table, options.name));
  if (options.output.empty()) {
    fmt::print("{}", text);
  } else {
    core::write_file(options.output, text);
  }
}

}  // namespace

void add_device(CLI::App& app, Common& common) {
  auto options = std::make_shared<Options>();
  auto* verb =
      app.add_subcommand("device", "list, show, draw and sample device cards")->require_subcommand(1);
  verb->add_subcommand("list", "names and summaries of all cards")->callback([&common] { list(common); });
  const auto with_card = [&](const char* name, const char* what) {
    auto* sub = verb->add_subcommand(name, what);
    sub->add_option("card", options->card, "name of a card, or path of a file")->required();
    sub->add_option("--set", options->settings, "key=value laid over the card, as in [device]");
    return sub;
  };
  with_card("show", "what a card says, and who says so")->callback([options, &common] {
    show(*options, common);
  });
  auto* draw = with_card("plot", "SVG: error against conductance, drift against time");
  draw->add_option("--output", options->output, "file to write (default: CARD.svg)");
  draw->callback([options] { plot(*options); });
  auto* draws = with_card("sample", "programmed, aged or read cells, in units of G_on: (draws, targets)");
  draws->add_option("--targets", options->targets, "NPY file of target conductances in units of G_on")
      ->required();
  draws->add_option("--draws", options->draws, "cells for every target")
      ->required()
      ->check(CLI::PositiveNumber);
  draws->add_option("--time-s", options->time_s, "seconds since programming")->check(CLI::NonNegativeNumber);
  draws->add_flag("--read", options->read, "each cell as one read finds it");
  draws->add_option("--seed", options->seed, "seed of the random numbers");
  draws->add_option("--output", options->output, "NPY file to write")->required();
  draws->callback([options] { sample(*options); });
  auto* steps = with_card("step", "changes of cells asked to change, in siemens: (draws, states)");
  steps->add_option("--state", options->state, "NPY file of conductances before, in siemens")->required();
  steps->add_option("--request", options->request, "NPY file of the changes asked for, in siemens")
      ->required();
  steps->add_option("--draws", options->draws, "cells for every state")
      ->required()
      ->check(CLI::PositiveNumber);
  steps->add_option("--seed", options->seed, "seed of the random numbers");
  steps->add_option("--output", options->output, "NPY file to write")->required();
  steps->callback([options] { step(*options); });
  add_device_fit(*verb, common);
  auto* small = verb->add_subcommand("compact", "a lookup table P(dG|G) as a compact one, in TOML");
  small->add_option("increasing", options->increasing, "table of SET pulses (text or .gz)")->required();
  small->add_option("decreasing", options->decreasing, "table of RESET pulses")->required();
  small->add_option("--name", options->name, "of the device")->required();
  small->add_option("--output", options->output, "TOML file to write (default: the terminal)");
  small->callback([options] { compact(*options); });
}

}  // namespace mho::cli
