#include "mho/hardware/pictures.h"

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/hardware/published.h"

namespace mho::hardware {

using nlohmann::json;

Cost cost_of(const json& node) {
  try {
    Cost cost;
    cost.name = node.at("name").get<std::string>();
    cost.count = node.at("count").get<double>();
    cost.uses = node.value("uses", 1.0);
    cost.energy_j = node.at("energy_j").get<double>();
    cost.latency_s = node.at("latency_s").get<double>();
    cost.area_m2 = node.at("area_m2").get<double>();
    cost.leakage_w = node.value("leakage_w", 0.0);
    const auto source = node.value("source", "");
    if (source != kSumOfParts) cost.source = source_of(source);
    if (node.contains("parts")) {
      for (const auto& part : node.at("parts")) cost.parts.push_back(cost_of(part));
    }
    return cost;
  } catch (const json::exception& error) {
    throw core::InvalidInput(std::string("a cost section is damaged: ") + error.what());
  }
}

namespace {

/// The chip of a section as a tree; the kernel VMM where there is no chip.
Cost whole_of(const json& section) {
  if (!section.contains("chip")) return cost_of(section.at("kernels").at("vmm"));
  Cost image;
  image.name = "chip";
  for (const auto& part : section.at("chip").at("parts")) image.add(cost_of(part));
  return image;
}

std::vector<PublishedAccelerator> own_points(const json& section) {
  const json& design = section.at("design");
  PublishedAccelerator point;
  point.kind = design.at("converter").get<std::string>().empty() ? "digital" : "analog";
  point.process_nm = design.value("process_nm", 0.0);
  point.activation_bits = design.at("input_bits").get<double>();
  point.weight_bits = design.at("weight_bits").get<double>();
  point.evidence = "simulated";
  point.source = "this result";
  point.name = "this design, array";
  point.workload = "one array";
  point.tops_per_w = 2 / section.at("kernels").at("vmm").at("energy_per_mac_j").get<double>() * 1e-12;
  std::vector<PublishedAccelerator> points{point};
  if (section.contains("chip")) {
    const json& chip = section.at("chip");
    point.name = "this design";
    point.workload = "the network";
    point.tops_per_w = chip.at("tops_per_w").get<double>() * 2 / chip.at("ops_per_mac").get<double>();
    points.push_back(point);
  }
  return points;
}

}  // namespace

std::vector<CostPicture> cost_pictures(const json& section) {
  try {
    const Cost whole = whole_of(section);
    return {{"Energy by parts", icicle(whole, &Cost::energy_j, "J")},
            {"Area by parts", icicle(whole, &Cost::area_m2, "m2")},
            {"Among published accelerators", comparison_chart(load_comparison(), own_points(section))}};
  } catch (const json::exception& error) {
    throw core::InvalidInput(std::string("a cost section is damaged: ") + error.what());
  }
}

}  // namespace mho::hardware
