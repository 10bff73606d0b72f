#include "mho/hardware/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "mho/core/error.h"
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

json design_json(const Design& d) {
  return {
      {"tile", d.tile.name},
      {"technology", d.technology.name},
      {"converter", d.tile.digital ? "" : d.converter.name},
      {"rows", d.rows},
      {"cols", d.cols},
      {"input_bits", d.precision.input_bits},
      {"output_bits", d.precision.output_bits},
      {"weight_bits", d.precision.weight_bits},
      {"ops_per_mac", d.chip.ops_per_mac},
      {"mean_input", d.activity.mean_input.value_or(d.tile.analog.read.mean_input.value)},
      {"mean_conductance", d.activity.mean_conductance.value_or(d.tile.analog.cell.mean_conductance.value)},
      {"mean_input_from", d.activity.mean_input ? "measured" : "the tile card"},
      {"mean_conductance_from", d.activity.mean_conductance ? "measured" : "the tile card"}};
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

/// The design with arrays as large as the largest layer where their size was left open.
Design sized(const Design& design, const std::vector<LayerShape>& layers) {
  Design out = design;
  for (const auto& layer : layers) {
    if (design.fit_rows) out.rows = std::max(&layer == &layers.front() ? 1 : out.rows, layer.in);
    if (design.fit_cols)
      out.cols = std::max(&layer == &layers.front() ? 1 : out.cols, layer.out / layer.groups);
  }
  return out;
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

json cost_json(const Design& given, const std::vector<LayerShape>& layers) {
  if (!given.unbuildable.empty()) throw core::InvalidInput(given.unbuildable);
  const Design design = sized(given, layers);
  json out = {{"design", design_json(design)}, {"kernels", kernels_json(design)}};
  if (layers.empty()) return out;
  const ChipCost chip = chip_cost(design, layers);
  const NetworkTotals totals = totals_of(layers);
  out["network"] = {{"layers", layers_json(chip)},
                    {"weights", totals.conv_weights + totals.dense_weights},
                    {"macs", totals.conv_macs + totals.dense_macs}};
  out["chip"] = chip_json(design, chip);
  Design digital = digital_baseline(design);
  digital.chip.arrays = 0;
  out["chip"]["digital_baseline"] = baseline_json(chip_cost(digital, layers), chip);
  if (design.chip.images_per_epoch > 0 && has_kernel(design, Kernel::opu))
    out["chip"]["training"] = training_json(design, layers);
  return out;
}

}  // namespace mho::hardware
