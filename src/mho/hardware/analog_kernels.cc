#include "mho/hardware/analog_kernels.h"

#include <algorithm>
#include <cmath>

#include "mho/core/error.h"

namespace mho::hardware {

Drive drive_of(const AnalogTile& tile, const Technology& technology, const Precision& precision) {
  const auto& read = tile.read;
  const int magnitude = std::max(1, precision.input_bits - (precision.input_signed ? 1 : 0));
  const bool serial = read.coding == Coding::bit_serial;
  const int slice =
      std::clamp(precision.slice_bits > 0 ? precision.slice_bits : (serial ? 1 : magnitude), 1, magnitude);
  const int slices = (magnitude + slice - 1) / slice;
  Drive d;
  d.phases = read.phases;
  d.conversions = static_cast<int>((precision.convert_every_slice ? slices : 1) * d.phases);
  d.conversion_bits = d.conversions * precision.output_bits;
  const double applied = slices * d.phases;
  d.samples = applied;
  switch (read.coding) {
    case Coding::temporal:
      d.drive_s = applied * std::exp2(slice) * technology.analog.lsb;
      d.on_s = d.drive_s;
      d.toggles = applied;
      break;
    case Coding::voltage:
    case Coding::bit_serial:
      d.drive_s = applied * read.pulse;
      d.on_s = d.drive_s;
      d.toggles = applied;
      d.toggles_follow_input = serial;
      break;
    case Coding::pulse_count:
      d.drive_s = applied * (std::exp2(slice) - 1) * read.pulse;
      d.on_s = d.drive_s;
      d.toggles = applied * (std::exp2(slice) - 1);
      d.toggles_follow_input = true;
      break;
    case Coding::pulse_train: {
      const bool two = read.max_phase_bits > 0 && magnitude > read.max_phase_bits;
      const int first = two ? (magnitude + 1) / 2 : magnitude;
      const int second = magnitude - first;
      d.phases = two ? 2 : 1;
      d.samples = magnitude;
      d.steps = std::exp2(first) - 1 + (two ? std::exp2(second) - 1 : 0);
      d.on_s = magnitude * read.pulse;
      d.drive_s = d.steps * read.integrate_time + d.phases * read.phase_time;
      d.toggles = magnitude;
      d.conversions = two ? 2 : 1;
      // The second phase refines what the first has converted already.
      d.conversion_bits = precision.output_bits + (two ? std::max(precision.output_bits - first, 0) : 0);
      break;
    }
  }
  return d;
}

namespace {

struct Scale {
  double energy = 1;
  double time = 1;
};

/// What another supply than the card's does: energies with V², times with V/(V - V_t)² (square law).
Scale supply_scale(const AnalogTile& tile, double supply) {
  if (supply <= 0 || tile.supply <= 0) return {};
  Scale scale{.energy = supply * supply / (tile.supply * tile.supply)};
  if (tile.threshold > 0) {
    const double now = supply - tile.threshold, then = tile.supply - tile.threshold;
    scale.time = supply / (now * now) / (tile.supply / (then * then));
  }
  return scale;
}

Cost part(std::string_view name, double count, double energy_j, double latency_s, double area_m2,
          const Technology& technology, const Source& source) {
  Cost cost;
  cost.name = name;
  cost.count = count;
  cost.energy_j = energy_j;
  cost.latency_s = latency_s;
  cost.area_m2 = area_m2;
  cost.leakage_w = area_m2 * technology.logic.leakage;
  cost.source = source;
  return cost;
}

/// Power of a fully conducting, fully driven cell. [W]
double read_power(const AnalogTile& tile) {
  return tile.cell.read_voltage * tile.cell.read_voltage / tile.cell.on_resistance;
}

/// Capacitance that a line of `cells` cells charges.
double line_capacitance(const Design& design, double cells) {
  const auto& cell = design.tile.analog.cell;
  return cells * (cell.line_capacitance + cell.pitch * design.technology.wire.capacitance);
}

}  // namespace

Cost analog_read(const Design& design, bool transposed, Region whole, Region used, const Activity& activity) {
  const AnalogTile& tile = design.tile.analog;
  const Technology& tech = design.technology;
  const auto& read = tile.read;
  const Drive drive = drive_of(tile, tech, design.precision);
  const Scale scale = supply_scale(tile, design.supply_v);
  const double driven = static_cast<double>(transposed ? used.cols : used.rows);
  const double sensed = static_cast<double>(transposed ? used.rows : used.cols);
  const double all_driven = static_cast<double>(transposed ? whole.cols : whole.rows);
  const double all_sensed = static_cast<double>(transposed ? whole.rows : whole.cols);
  const double signs = design.cells.signs;  // arrays of opposite sign before the same converters
  const double x = activity.mean_input.value_or(read.mean_input);
  const double g = activity.mean_conductance.value_or(tile.cell.mean_conductance);

  Cost cost;
  cost.name = transposed ? "mvm" : "vmm";
  cost.parts.reserve(12);

  const double drive_s = drive.drive_s * scale.time;
  const double device =
      signs * driven * sensed * read_power(tile) * g * x * drive.on_s +
      signs * driven * sensed * tile.cell.read_energy * x * g * drive.samples * scale.energy;
  cost.add(part("cells", signs * all_driven * all_sensed, device, read.settle * scale.time,
                signs * all_driven * all_sensed * tile.cell.area, tech,
                tile.cell.read_energy > 0 ? tile.cell.read_energy.source : tile.cell.on_resistance.source));

  const double line_j = (read.line_fixed + line_capacitance(design, all_sensed)) * read.line_voltage *
                        read.line_voltage * drive.toggles * (drive.toggles_follow_input ? x : 1) *
                        scale.energy;
  cost.add(part("lines", signs * all_driven, signs * driven * line_j, 0, 0, tech,
                tile.cell.line_capacitance.source));

  const Quantity& driver_bit = read.driver_energy < 0 ? tech.analog.driver_energy : read.driver_energy;
  const Quantity& output_bit = read.output_energy < 0 ? tech.analog.output_energy : read.output_energy;
  const double driver_j = design.precision.input_bits * driver_bit +
                          (read.coding == Coding::voltage ? drive.samples * read.dac_energy : 0.0);
  cost.add(part(read.coding == Coding::voltage ? "input DAC" : "input drivers", signs * all_driven,
                signs * driven * driver_j * scale.energy, drive_s,
                signs * all_driven * tech.analog.driver_area, tech,
                read.coding == Coding::voltage ? read.dac_energy.source : driver_bit.source));

  const Conversion conversion{.bits = design.precision.output_bits,
                              .drive_s = drive.drive_s / std::max(drive.conversions, 1),
                              .supply_v = design.supply_v};
  const Each each = convert(design.converter, tech, conversion);
  const double share = tile.lines_per_converter;
  const double converters = std::ceil(all_sensed / share);
  const double turns = std::ceil(sensed / converters);  // lines that one converter takes in turn
  double converter_j = drive.conversions * each.energy_j;
  double converter_s = drive.conversions * each.latency_s;
  if (drive.conversion_bits != drive.conversions * design.precision.output_bits) {
    const double bits = static_cast<double>(drive.conversion_bits) / design.precision.output_bits;
    converter_j = bits * each.energy_j;  // stepwise conversions of several lengths
    converter_s = bits * each.latency_s;
  }
  converter_s *= turns * scale.time;

  if (read.integrator) {
    const double energy = tech.analog.integrator_power * (drive.drive_s + read.settle) +
                          tech.analog.integrator_hold * converter_s;
    cost.add(part("integrators", all_sensed, sensed * energy, 0, all_sensed * tech.analog.integrator_area,
                  tech, tech.analog.integrator_power.source));
  }
  if (read.sample_energy > 0 || read.integrate_energy > 0) {
    const double energy = drive.samples * read.sample_energy + drive.steps * read.integrate_energy;
    cost.add(
        part("sampling", all_sensed, sensed * energy * scale.energy, 0, 0, tech, read.sample_energy.source));
  }
  Cost adc =
      part("converters", converters, sensed * converter_j, converter_s, converters * each.area_m2, tech,
           design.converter.model == ConverterModel::ramp && !design.converter.own_constants
               ? tech.analog.comparator_power.source
               : design.converter.source);
  adc.uses = sensed * drive.conversions / std::max(converters, 1.0);
  cost.add(std::move(adc));

  if (drive.conversions > 1) {
    const double bits = design.precision.output_bits + design.precision.input_bits;
    const double energy =
        (drive.conversions - 1) * bits * (tech.logic.adder_energy + tech.logic.register_energy);
    cost.add(part("shift and add", all_sensed, sensed * energy * scale.energy, 0,
                  all_sensed * bits * (tech.logic.adder_area + tech.logic.register_area), tech,
                  tech.logic.adder_energy.source));
  }
  const double out_j = design.precision.output_bits * output_bit;
  cost.add(part("output registers", all_sensed, sensed * out_j * scale.energy, 0,
                all_sensed * design.precision.output_bits * tech.logic.register_area, tech,
                output_bit.source));
  if (read.control_power > 0)
    cost.add(part("control", 1, read.control_power * cost.latency_s * scale.energy, 0, 0, tech,
                  read.control_power.source));
  return cost;
}

Cost analog_update(const Design& design, Region whole, Region used, const Activity& activity) {
  const auto& update = design.tile.analog.update;
  const Technology& tech = design.technology;
  if (!update.possible)
    throw core::InvalidInput("the tile \"" + design.tile.name + "\" can't update its cells in parallel");
  const double rows = activity.updated_lines * static_cast<double>(used.rows);
  const double cols = activity.updated_lines * static_cast<double>(used.cols);
  const double signs = design.cells.signs;
  const double row_c = line_capacitance(design, static_cast<double>(whole.cols));
  const double col_c = line_capacitance(design, static_cast<double>(whole.rows));
  const int magnitude = std::max(1, design.precision.input_bits - 1);
  const double v2 = update.voltage * update.voltage;

  Cost cost;
  cost.name = "opu";
  cost.add(part("lines", signs * (rows + cols), signs * update.phases * (rows * row_c + cols * col_c) * v2,
                update.phases * std::exp2(magnitude) * update.lsb, 0, tech, update.voltage.source));
  cost.add(part("cells", signs * rows * cols, signs * rows * cols * update.cell_energy, 0,
                signs * static_cast<double>(whole.rows * whole.cols) * design.tile.analog.cell.area, tech,
                update.cell_energy.source));
  const double bits = rows * design.precision.input_bits + cols * design.precision.output_bits;
  cost.add(part("update drivers", signs * (rows + cols),
                signs * update.phases * bits * tech.analog.update_energy, 0,
                signs * static_cast<double>(whole.rows + whole.cols) * tech.analog.driver_area, tech,
                tech.analog.update_energy.source));
  return cost;
}

}  // namespace mho::hardware
