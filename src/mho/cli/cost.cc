// mho cost: what a design costs, from its components to a network on a chip.

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "mho/array/settings.h"
#include "mho/cli/verbs.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/hardware/network_card.h"
#include "mho/hardware/report.h"

namespace mho::cli {
namespace {

struct Options {
  std::string study, picture;
  std::vector<std::string> settings;
};

/// Shapes of the study's network: a descriptor of cards/networks; none where no network is named.
std::vector<hardware::LayerShape> layers_of(const std::string& model) {
  if (model.empty()) return {};
  return hardware::load_network_card(model).layers;
}

void cost(const Options& options, const Common& common) {
  core::Config study = core::Config::from_file(options.study);
  for (const auto& setting : options.settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      throw core::InvalidInput(fmt::format("--set {}: must be key=value, as in --set adc.bits=6", setting));
    study = study.with(setting.substr(0, equals), setting.substr(equals + 1));
  }
  const auto root = study.root();
  root.word("task", "cost", {"infer", "train", "cost", "mvm"});
  const std::string model = root.table("network").text("model", "");
  root.table("network").word("depthwise", "analog", {"analog", "digital"});
  const auto seed = root.table("study").integer("seed", 1, 0);
  for (const char* section : {"data", "calibration", "training", "layer", "sweep"}) root.ignore(section);
  for (const auto& key : root.table("study").keys()) root.table("study").ignore(key);
  const array::Settings settings = array::read_settings(study);
  const hardware::Design design = hardware::read_design(study, settings);
  study.finish();
  const auto layers = layers_of(model);
  fmt::print("{}", hardware::cost_text(design, layers));
  if (!options.picture.empty()) {
    const hardware::Cost whole = layers.empty() ? hardware::kernel_cost(design, hardware::Kernel::vmm)
                                                : hardware::chip_cost(design, layers).image;
    core::write_file(options.picture, hardware::icicle_svg(whole, &hardware::Cost::energy_j, "J"));
    fmt::print("{}\n", options.picture);
  }
  if (common.json_file.empty()) return;
  nlohmann::json out = hardware::cost_json(design, layers);
  out["study"] = study.resolved();
  out["version"] = MHO_VERSION;
  out["seed"] = seed;
  core::write_file(common.json_file, out.dump(2) + "\n");
}

}  // namespace

void add_cost(CLI::App& app, Common& common) {
  auto options = std::make_shared<Options>();
  auto* verb =
      app.add_subcommand("cost", "energy, latency and area, from a component to a network on a chip");
  verb->add_option("study", options->study,
                   "a study file, of which [hardware], [array], [input], [adc], [mapping] count")
      ->required();
  verb->add_option("--set", options->settings, "key=value laid over the study, as in --set adc.bits=6");
  verb->add_option("--picture", options->picture, "SVG file: where the energy goes");
  verb->callback([options, &common] { cost(*options, common); });
}

}  // namespace mho::cli
