#include "mho/hardware/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/hardware/notes.h"
#include "mho/hardware/units.h"

namespace mho::hardware {

using nlohmann::json;

namespace {

double elements(const Design& design) {
  return static_cast<double>(design.rows) * static_cast<double>(design.cols);
}

bool has_kernel(const Design& design, Kernel kernel) {
  return kernel != Kernel::opu || design.tile.digital || design.tile.analog.update.possible;
}

/// What a layer's settings can change.
json arrays_json(const Design& d) {
  json out = {{"rows", d.rows},
              {"cols", d.cols},
              {"input_bits", d.precision.input_bits},
              {"input_signed", d.precision.input_signed},
              {"slice_bits", d.precision.slice_bits},
              {"output_bits", d.precision.output_bits},
              {"weight_bits", d.precision.weight_bits},
              {"arrays_per_weight", d.cells.arrays()},
              {"converter", d.tile.digital ? "" : d.converter.name}};
  if (d.tile.digital) return out;
  const auto& cell = d.tile.analog.cell;
  out["cell"] = {
      {"device", d.device}, {"g_on_s", 1 / cell.on_resistance}, {"read_voltage_v", cell.read_voltage.value}};
  return out;
}

json design_json(const Design& d) {
  json out = {
      {"tile", d.tile.name},
      {"technology", d.technology.name},
      {"ops_per_mac", d.chip.ops_per_mac},
      {"mean_input", d.activity.mean_input.value_or(d.tile.analog.read.mean_input.value)},
      {"mean_conductance", d.activity.mean_conductance.value_or(d.tile.analog.cell.mean_conductance.value)},
      {"mean_input_from", d.activity.mean_input ? "measured" : "the tile card"},
      {"mean_conductance_from", d.activity.mean_conductance ? "measured" : "the tile card"}};
  out.update(arrays_json(d));
  return out;
}

json kernels_json(const Design& design) {
  json out = json::object();
  for (const Kernel kernel : {Kernel::vmm, Kernel::mvm, Kernel::opu}) {
    if (!has_kernel(design, kernel)) continue;
    const Cost cost = kernel_cost(design, kernel);
    json entry = to_json(cost);
    entry["energy_per_mac_j"] = cost.energy_j / elements(design);
    entry["macs"] = elements(design);
    out[std::string(name(kernel))] = std::move(entry);
  }
  return out;
}

json layers_json(const ChipCost& chip) {
  json out = json::array();
  for (const auto& layer : chip.layers) {
    out.push_back({{"name", layer.name},
                   {"array_kind", layer.kind},
                   {"weights", layer.weights},
                   {"macs", layer.macs},
                   {"arrays", layer.arrays},
                   {"copies", layer.copies},
                   {"tiles", layer.tiles},
                   {"utilization", layer.utilization},
                   {"energy_j", layer.energy_j},
                   {"latency_s", layer.latency_s},
                   {"stage_s", layer.stage_s}});
  }
  return out;
}

json kinds_json(const ChipCost& chip) {
  json out = json::array();
  for (const auto& kind : chip.kinds) {
    json entry = arrays_json(kind.design);
    entry["layers"] = json::array();
    entry["arrays"] = 0.0;
    entry["energy_j"] = 0.0;
    out.push_back(std::move(entry));
  }
  for (const auto& layer : chip.layers) {
    json& entry = out[layer.kind];
    entry["layers"].push_back(layer.name);
    entry["arrays"] = entry["arrays"].get<double>() + layer.arrays;
    entry["energy_j"] = entry["energy_j"].get<double>() + layer.energy_j;
  }
  return out;
}

json chip_json(const Design& design, const ChipCost& chip) {
  json out = {{"energy_per_image_j", chip.energy_j()},
              {"latency_s", chip.latency_s},
              {"images_per_s", chip.images_per_s()},
              {"area_m2", chip.area_m2()},
              {"tops", chip.tops()},
              {"tops_per_w", chip.tops_per_w()},
              {"tops_per_mm2", chip.tops_per_mm2()},
              {"power_w", chip.energy_j() * chip.images_per_s()},
              {"peak_tops", chip.peak_tops},
              {"ops_per_mac", design.chip.ops_per_mac},
              {"ops_per_image", chip.ops_per_image},
              {"arrays", chip.arrays},
              {"tiles", chip.tiles},
              {"utilization", chip.utilization},
              {"kinds", kinds_json(chip)},
              {"bottleneck", chip.bottleneck},
              {"batch", design.chip.batch},
              {"batch_s", chip.batch_s(static_cast<double>(design.chip.batch))},
              {"parts", to_json(chip.image)["parts"]},
              {"losses", json::array()}};
  for (const auto& loss : chip.losses)
    out["losses"].push_back({{"what", loss.what}, {"tops_per_w", loss.tops_per_w}});
  return out;
}

json baseline_json(const ChipCost& digital, const ChipCost& chip) {
  return {{"tile", "sram"},
          {"energy_per_image_j", digital.energy_j()},
          {"latency_s", digital.latency_s},
          {"images_per_s", digital.images_per_s()},
          {"area_m2", digital.area_m2()},
          {"tops", digital.tops()},
          {"tops_per_w", digital.tops_per_w()},
          {"energy_ratio", digital.energy_j() / chip.energy_j()},
          {"interval_ratio", digital.interval_s / chip.interval_s}};
}

json training_json(const Design& design, const std::vector<LayerShape>& layers) {
  const TrainingCost image = training_cost(design, layers);
  const double n = design.chip.images_per_epoch;
  return {{"images_per_epoch", n},
          {"energy_per_epoch_j", n * image.energy_j},
          {"time_per_epoch_s", n * image.latency_s},
          {"energy_per_image_j", image.energy_j},
          {"vmm_j", image.vmm_j},
          {"mvm_j", image.mvm_j},
          {"opu_j", image.opu_j}};
}

/// The design whose single kernels are shown: that of most of the network's arrays.
Design shown(const Design& design, const std::vector<LayerShape>& layers) {
  return layers.empty() ? design : main_kind(kinds_of(design, layers)).design;
}

/// The same chip and layers with cores of SRAM.
ChipCost digital_chip(const Design& design, const std::vector<LayerShape>& layers) {
  Design chip = digital_baseline(design);
  chip.chip.arrays = 0;
  std::map<const Design*, std::shared_ptr<const Design>> cores;
  std::vector<LayerShape> digital = layers;
  for (auto& layer : digital) {
    if (!layer.design) continue;
    auto& core = cores[layer.design.get()];
    if (!core) core = std::make_shared<const Design>(digital_baseline(*layer.design));
    layer.design = core;
  }
  return chip_cost(chip, digital);
}

/// Refuses what the tile can't do, in the study or in one of its layers.
void check_buildable(const Design& design, const std::vector<LayerShape>& layers) {
  bool common = layers.empty();  // some array is as the study says
  for (const auto& layer : layers) {
    common = common || !layer.design;
    if (layer.design && !layer.design->unbuildable.empty())
      throw core::InvalidInput(fmt::format("layer \"{}\": {}", layer.name, layer.design->unbuildable));
  }
  if (common && !design.unbuildable.empty()) throw core::InvalidInput(design.unbuildable);
}

}  // namespace

Design digital_baseline(const Design& design) {
  Design out =
      load_design("sram", design.rows, design.cols,
                  {.input_bits = design.precision.input_bits, .weight_bits = design.precision.weight_bits});
  out.precision.output_bits = design.precision.output_bits;
  out.chip = design.chip;
  out.even_parts = design.even_parts;
  out.fit_rows = design.fit_rows;
  out.fit_cols = design.fit_cols;
  const Technology from = out.technology;
  out.technology = design.technology;
  rescale_core(out.tile.core, from, design.technology);
  return out;
}

json cost_json(const Design& design, const std::vector<LayerShape>& layers) {
  check_buildable(design, layers);
  const Design kernels_of = shown(design, layers);
  json out = {{"design", design_json(kernels_of)}, {"kernels", kernels_json(kernels_of)}};
  out["notes"] = notes_of(design, layers);
  if (layers.empty()) return out;
  const ChipCost chip = chip_cost(design, layers);
  const NetworkTotals totals = totals_of(layers);
  out["network"] = {{"layers", layers_json(chip)},
                    {"weights", totals.conv_weights + totals.dense_weights},
                    {"macs", totals.conv_macs + totals.dense_macs}};
  out["chip"] = chip_json(design, chip);
  out["chip"]["digital_baseline"] = baseline_json(digital_chip(design, layers), chip);
  if (design.chip.images_per_epoch > 0 && has_kernel(design, Kernel::opu))
    out["chip"]["training"] = training_json(design, layers);
  return out;
}

}  // namespace mho::hardware
