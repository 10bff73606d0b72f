#include "mho/hardware/digital_kernels.h"

#include <cmath>

namespace mho::hardware {
namespace {

struct Geometry {
  double weights;  // used
  double bits;     // of the whole macro
  double area_m2;  // of the macro
};

Geometry geometry_of(const Design& design, Region whole, Region used) {
  const auto& core = design.tile.core;
  const double bits =
      static_cast<double>(whole.rows) * static_cast<double>(whole.cols) * design.precision.weight_bits;
  return {.weights = static_cast<double>(used.rows) * static_cast<double>(used.cols),
          .bits = bits,
          .area_m2 = bits * core.cell_area / core.array_efficiency};
}

Cost part(std::string_view name, double count, double energy_j, double latency_s, const Source& source) {
  Cost cost;
  cost.name = name;
  cost.count = count;
  cost.energy_j = energy_j;
  cost.latency_s = latency_s;
  cost.source = source;
  return cost;
}

/// What reading rows into the arithmetic costs; `reads` of each row.
Cost reads_of(const Design& design, Region whole, Region used, double reads) {
  const auto& core = design.tile.core;
  const auto& tech = design.technology;
  const Geometry space = geometry_of(design, whole, used);
  const double weight_bits = design.precision.weight_bits;
  const double width = design.precision.input_bits * weight_bits / 64;  // against an 8×8-bit product
  const double units = static_cast<double>(whole.cols);

  Cost cost;
  Cost cells = part("cells", space.bits, space.weights * weight_bits * reads * core.cell_energy,
                    static_cast<double>(used.rows) * reads * core.row_time, core.cell_energy.source);
  cells.area_m2 = space.area_m2;
  cells.leakage_w = space.bits * core.leakage;
  cost.add(std::move(cells));
  cost.add(part("sense and operand registers", units * weight_bits,
                space.weights * weight_bits * core.sense_energy, 0, core.sense_energy.source));
  cost.add(part("wires of the macro", units * weight_bits,
                space.weights * weight_bits * digital_wire_energy(design, whole), 0,
                tech.wire.capacitance.source));
  Cost mac = part("multiply-accumulate units", units, space.weights * width * tech.logic.mac_energy, 0,
                  tech.logic.mac_energy.source);
  mac.area_m2 = units * width * tech.logic.mac_area;
  mac.leakage_w = mac.area_m2 * tech.logic.leakage;
  cost.add(std::move(mac));
  return cost;
}

}  // namespace

double digital_wire_energy(const Design& design, Region whole) {
  const auto& tech = design.technology;
  const double side = std::sqrt(geometry_of(design, whole, {}).area_m2);
  return side * tech.wire.capacitance * tech.node.supply * tech.node.supply * design.tile.core.wire_activity;
}

Cost digital_product(const Design& design, bool transposed, Region whole, Region used) {
  Cost cost = reads_of(design, whole, used, transposed ? design.tile.core.transpose_reads : 1);
  cost.name = transposed ? "mvm" : "vmm";
  return cost;
}

Cost digital_update(const Design& design, Region whole, Region used) {
  const auto& core = design.tile.core;
  Cost cost = reads_of(design, whole, used, 1);
  cost.name = "opu";
  const double bits = static_cast<double>(used.rows * used.cols) * design.precision.weight_bits;
  cost.add(part("writes", static_cast<double>(whole.cols) * design.precision.weight_bits,
                bits * (core.write_energy + digital_wire_energy(design, whole)),
                static_cast<double>(used.rows) * (core.row_time + core.write_time),
                core.write_energy.source));
  return cost;
}

}  // namespace mho::hardware
