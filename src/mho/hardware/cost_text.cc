// A cost section as text.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mho/core/error.h"
#include "mho/hardware/pictures.h"
#include "mho/hardware/report.h"
#include "mho/hardware/units.h"

namespace mho::hardware {

using nlohmann::json;

namespace {

double number(const json& object, const char* key) { return object.at(key).get<double>(); }

std::string arrays_text(const json& arrays) {
  return fmt::format("{}×{}, {} input, {} output, {} weight bits", arrays.at("rows").get<std::size_t>(),
                     arrays.at("cols").get<std::size_t>(), arrays.at("input_bits").get<int>(),
                     arrays.at("output_bits").get<int>(), arrays.at("weight_bits").get<int>());
}

/// Arrays of several kinds, one a line, and where the cost is of something else than what was asked for.
std::string remarks_text(const json& section) {
  std::string out;
  const json kinds = section.contains("chip") ? section["chip"].at("kinds") : json::array();
  for (const auto& kind : kinds) {
    if (kinds.size() > 1)
      out += fmt::format("{}: {}\n", few_of(kind.at("layers").get<std::vector<std::string>>()),
                         arrays_text(kind));
  }
  for (const auto& note : section.at("notes")) out += fmt::format("note: {}\n", note.get<std::string>());
  return out;
}

std::string kernels_text(const json& section) {
  std::string out;
  for (const char* name : {"vmm", "mvm", "opu"}) {
    const auto kernel = section.at("kernels").find(name);
    if (kernel == section["kernels"].end()) continue;
    const double per_mac = number(*kernel, "energy_per_mac_j");
    out += fmt::format("\n{}: {} ({} a multiply-accumulate, {:.4g} TOPS/W), {}\n", name,
                       engineering(number(*kernel, "energy_j"), "J"), engineering(per_mac, "J"),
                       number(section.at("design"), "ops_per_mac") / per_mac * 1e-12,
                       engineering(number(*kernel, "latency_s"), "s"));
    out += table_of(cost_of(*kernel));
  }
  return out;
}

std::string layers_text(const json& network) {
  std::string out = fmt::format("\n{:<28} {:>9} {:>9} {:>7} {:>7} {:>6} {:>6} {:>10} {:>10}\n", "layer",
                                "weights", "MACs", "arrays", "copies", "tiles", "used", "energy", "stage");
  for (const auto& layer : network.at("layers")) {
    out +=
        fmt::format("{:<28} {:>9} {:>9} {:>7.0f} {:>7.0f} {:>6.0f} {:>5.1f}% {:>10} {:>10}\n",
                    layer.at("name").get<std::string>(), engineering(number(layer, "weights"), ""),
                    engineering(number(layer, "macs"), ""), number(layer, "arrays"), number(layer, "copies"),
                    number(layer, "tiles"), 100 * number(layer, "utilization"),
                    engineering(number(layer, "energy_j"), "J"), engineering(number(layer, "stage_s"), "s"));
  }
  return out;
}

Cost image_of(const json& chip) {
  Cost image;
  image.name = "image";
  for (const auto& part : chip.at("parts")) image.add(cost_of(part));
  return image;
}

std::string chip_text(const json& chip) {
  const double ops = number(chip, "ops_per_mac"), energy_j = number(chip, "energy_per_image_j");
  std::string out = fmt::format(
      "\nchip: {:.0f} arrays in {:.0f} tiles, {}, {:.1f} % of the cells used\n"
      "one image: {}, {} alone; in the pipeline {:.4g} images/s (limited by {})\n"
      "{:.4g} TOPS ({:.4g} at most), {:.4g} TOPS/W, {:.4g} TOPS/mm², {} (1 MAC = {:g} operation{})\n",
      number(chip, "arrays"), number(chip, "tiles"), readable_area(number(chip, "area_m2")),
      100 * number(chip, "utilization"), engineering(energy_j, "J"),
      engineering(number(chip, "latency_s"), "s"), number(chip, "images_per_s"),
      chip.at("bottleneck").get<std::string>(), number(chip, "tops"), number(chip, "peak_tops"),
      number(chip, "tops_per_w"), number(chip, "tops_per_mm2"), engineering(number(chip, "power_w"), "W"),
      ops, ops == 1 ? "" : "s");
  out += "\nwhere the efficiency goes\n";
  for (const auto& loss : chip.at("losses"))
    out += fmt::format("  {:<34} {:>8.4g} TOPS/W\n", loss.at("what").get<std::string>(),
                       number(loss, "tops_per_w"));
  out += "\n" + table_of(image_of(chip), 2);
  const json& sram = chip.at("digital_baseline");
  out += fmt::format("\ndigital baseline (SRAM cores): {} an image, {:.4g} TOPS/W: {:.4g} times the energy\n",
                     engineering(number(sram, "energy_per_image_j"), "J"), number(sram, "tops_per_w"),
                     number(sram, "energy_ratio"));
  if (const auto t = chip.find("training"); t != chip.end()) {
    out +=
        fmt::format("training: an epoch of {:.0f} images {} in {} (an image: VMM {}, MVM {}, OPU {})\n",
                    number(*t, "images_per_epoch"), engineering(number(*t, "energy_per_epoch_j"), "J"),
                    engineering(number(*t, "time_per_epoch_s"), "s"), engineering(number(*t, "vmm_j"), "J"),
                    engineering(number(*t, "mvm_j"), "J"), engineering(number(*t, "opu_j"), "J"));
  }
  return out;
}

}  // namespace

std::string cost_text(const json& section) {
  try {
    const json& design = section.at("design");
    std::string out =
        fmt::format("{} {} at {}, {}\n",
                    design.at("converter").get<std::string>().empty() ? "digital core" : "analog tile",
                    design.at("tile").get<std::string>(), design.at("technology").get<std::string>(),
                    arrays_text(design));
    out += remarks_text(section);
    out += kernels_text(section);
    if (section.contains("chip")) out += layers_text(section.at("network")) + chip_text(section["chip"]);
    return out;
  } catch (const json::exception& error) {
    throw core::InvalidInput(fmt::format("a cost section is damaged: {}", error.what()));
  }
}

}  // namespace mho::hardware
