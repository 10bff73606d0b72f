#include "mho/hardware/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mho/core/error.h"
#include "mho/hardware/chip.h"
#include "mho/hardware/kernels.h"
#include "mho/hardware/network_card.h"
#include "mho/hardware/units.h"

namespace mho::hardware {
namespace {

using core::above;
using core::at_least;

/// The chip around the arrays of a card.
struct Surroundings {
  std::string tile;
  std::size_t rows = 0, cols = 0;
  double macs = 0;  ///< of one array and vector
  double ops_per_mac = 2;
};

void read_bits(const core::ConfigTable& point, Design& design) {
  auto& p = design.precision;
  const int most_output = design.tile.digital
                              ? design.tile.max_output_bits
                              : std::min(design.tile.max_output_bits, design.converter.max_bits);
  p.input_bits = static_cast<int>(point.integer("input_bits", p.input_bits, 1, design.tile.max_input_bits));
  p.output_bits = static_cast<int>(point.integer("output_bits", p.output_bits, 1, most_output));
  p.weight_bits = static_cast<int>(
      point.integer("weight_bits", design.tile.max_weight_bits, 1, design.tile.max_weight_bits));
  p.input_signed = point.flag("signed", true);
  p.convert_every_slice = point.flag("convert_every_slice", true);
  design.supply_v = point.number("supply", 0, at_least(0));
  if (point.has("phases")) design.tile.analog.read.phases.value = point.number("phases", 1, at_least(1));
  if (point.has("mean_input"))
    design.activity.mean_input = point.number("mean_input", 0.5, core::between(0, 1));
  if (point.has("mean_conductance"))
    design.activity.mean_conductance = point.number("mean_conductance", 0.5, core::between(0, 1));
}

void compare_point(const core::ConfigTable& point, const Surroundings& chip, Validation& out) {
  const std::string tile = point.text("tile", chip.tile);
  Design design;
  try {
    design = load_design(tile, chip.rows, chip.cols, {.input_bits = 4, .output_bits = 4});
  } catch (const core::InvalidInput& error) {
    point.complain("tile", error.what());
    return;
  }
  read_bits(point, design);
  const std::string label = point.text(
      "name", fmt::format("{} in, {} out", design.precision.input_bits, design.precision.output_bits));
  const double arrays = point.number("arrays", 1, at_least(1));
  const double other_power = point.number("other_power_w", 0, at_least(0));  // of the chip around the arrays
  const auto fitted = point.texts("fitted", {});
  const auto compare = [&](const char* key, const char* quantity, const char* unit, double model) {
    if (!point.has(key)) return;
    const bool chosen = std::find(fitted.begin(), fitted.end(), key) != fitted.end();
    out.comparisons.push_back({label, quantity, unit, point.number(key, 1, above(0)), model, chosen});
  };
  const std::string network = point.text("network", "");
  if (!network.empty()) {
    const ChipCost cost = chip_cost(design, load_network_card(network).layers);
    compare("tops_per_w", "efficiency", "TOPS/W", cost.tops_per_w());
    return;
  }
  const Kernel kernel = point.choice<Kernel>(
      "kernel", Kernel::vmm, {{"vmm", Kernel::vmm}, {"mvm", Kernel::mvm}, {"opu", Kernel::opu}});
  const Cost vector = kernel_cost(design, kernel);
  const double cycle = cycle_time(design, vector);
  const double energy = arrays * vector.energy_j + other_power * cycle;
  const double ops = arrays * chip.macs * chip.ops_per_mac;
  compare("tops", "throughput", "TOPS", ops / cycle * 1e-12);
  compare("tops_per_w", "efficiency", "TOPS/W", ops / energy * 1e-12);
  compare("energy_pj", "energy of a vector", "pJ", vector.energy_j * 1e12);
  compare("energy_per_mac_fj", "energy a MAC", "fJ", vector.energy_j / chip.macs * 1e15);
  compare("latency_us", "latency", "us", cycle * 1e6);
  if (!point.has("parts_pj")) return;
  const auto parts = point.table("parts_pj");
  for (const auto& key : parts.keys()) {
    const Cost* part = find_part(vector, key);
    const double published = parts.number(key, 1, above(0));
    if (!part) {
      parts.complain(key, "is no part of this tile");
      continue;
    }
    const bool chosen = std::find(fitted.begin(), fitted.end(), key) != fitted.end();
    out.comparisons.push_back({label, key + " a column", "pJ", published,
                               part->energy_j / static_cast<double>(design.cols) * 1e12, chosen});
  }
}

void compare_points(const core::ConfigTable& root, Validation& out) {
  Surroundings chip;
  chip.tile = root.text("tile", "");
  chip.rows = static_cast<std::size_t>(root.integer("rows", 256, 1, 65536));
  chip.cols = static_cast<std::size_t>(root.integer("cols", 256, 1, 65536));
  chip.macs = root.number("macs", static_cast<double>(chip.rows * chip.cols), above(0));
  chip.ops_per_mac = root.number("ops_per_mac", 2, core::between(1, 2));
  for (const auto& point : root.tables("point")) compare_point(point, chip, out);
}

/// One [[part]] with its own parts: power over the cycle, and area.
Cost read_part(const core::ConfigTable& table, double cycle_s) {
  const double count = table.number("count", 1, above(0));
  const auto below = table.tables("part");
  Cost cost;
  if (below.empty()) {
    const Quantity power = read_quantity(table, "power", "W", at_least(0));
    const Quantity area = read_quantity(table, "area", "m2", at_least(0));
    return leaf(table.text("name", ""), count, 1, {.energy_j = power * cycle_s, .area_m2 = area},
                power.source);
  }
  cost.name = table.text("name", "");
  for (const auto& part : below) cost.add(read_part(part, cycle_s));
  return repeated(std::move(cost), count);
}

void roll_up(const core::ConfigTable& root, Validation& out) {
  const double cycle_s = read_quantity(root, "cycle", "s", above(0));
  const auto throughput = root.table("throughput");
  const double arrays = throughput.number("arrays", 1, above(0)),
               cells = throughput.number("cells_of_array", 1, above(0)),
               cells_of_weight = throughput.number("cells_of_weight", 1, above(0)),
               cycles = throughput.number("cycles", 1, above(0));
  const double ops_per_mac = root.number("ops_per_mac", 2, core::between(1, 2));
  out.rollup.name = out.name;
  for (const auto& part : root.tables("part")) out.rollup.add(read_part(part, cycle_s));
  const double tops = ops_per_mac * arrays * cells / cells_of_weight / (cycles * cycle_s) * 1e-12;
  const double power = out.rollup.energy_j / cycle_s;
  for (const auto& check : root.tables("check")) {
    const std::string name = check.text("part", "");
    const double of = check.number("of", 1, above(0));  // instances that the published number is for
    const Cost* part = name.empty() ? &out.rollup : find_part(out.rollup, name);
    if (!part) {
      check.complain("part", "is no part of the chip");
      continue;
    }
    const auto compare = [&](const char* key, const char* quantity, const char* unit, double model) {
      if (check.has(key))
        out.comparisons.push_back(
            {name.empty() ? "chip" : name, quantity, unit, check.number(key, 1, above(0)), model, false});
    };
    const double share = of / part->count;
    compare("power_w", "power", "W", part->energy_j / cycle_s * share);
    compare("area_mm2", "area", "mm2", part->area_m2 * 1e6 * share);
    compare("tops", "throughput", "TOPS", tops);
    compare("tops_per_w", "efficiency", "TOPS/W", tops / power);
    compare("gops_per_mm2", "density", "GOPS/mm2", tops * 1e3 / (out.rollup.area_m2 * 1e6));
  }
}

}  // namespace

Validation validate(core::Config& card) {
  Validation out;
  const auto root = card.root();
  out.name = root.text("name", "");
  out.title = root.text("title", "");
  out.source = root.text("source", "");
  if (out.source.empty()) root.complain("source", "must say where the published numbers come from");
  if (root.has("part")) {
    roll_up(root, out);
  } else {
    compare_points(root, out);
  }
  return out;
}

Validation load_validation(const std::string& name_or_path) {
  core::Config card = load_card("accelerators", name_or_path);
  Validation validation = validate(card);
  card.finish();
  return validation;
}

std::vector<std::string> validation_names() {
  auto names = cards_in("accelerators");
  std::erase(names, "comparison");
  return names;
}

std::string text_of(const Validation& validation) {
  std::string out = fmt::format("{}: {}\n  {}\n", validation.name, validation.title, validation.source);
  for (const auto& c : validation.comparisons) {
    out +=
        fmt::format("  {:<26} {:<22} {:>10.4g} {:<8} mho {:>10.4g}  {:>+7.1f} %  {}\n", c.point, c.quantity,
                    c.published, c.unit, c.model, 100 * c.error(), c.fitted ? "fitted" : "predicted");
  }
  return out;
}

}  // namespace mho::hardware
