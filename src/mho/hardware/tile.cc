#include "mho/hardware/tile.h"

namespace mho::hardware {

using core::above;
using core::at_least;
using core::between;

namespace {

AnalogTile read_analog(const core::ConfigTable& root) {
  AnalogTile a;
  const auto cell = root.table("cell");
  a.cell.on_resistance = read_quantity(cell, "on_resistance", "ohm", above(0));
  a.cell.read_voltage = read_quantity(cell, "read_voltage", "V", at_least(0));
  a.cell.mean_conductance = read_quantity(cell, "mean_conductance", "1", between(0, 1), 0.5);
  a.cell.line_capacitance = read_quantity(cell, "line_capacitance", "F", at_least(0));
  a.cell.pitch = read_quantity(cell, "pitch", "m", above(0));
  a.cell.area = read_quantity(cell, "area", "m2", above(0));
  a.cell.read_energy = read_quantity(cell, "read_energy", "J", at_least(0), 0);

  const auto read = root.table("read");
  a.read.coding = read.choice<Coding>("coding", Coding::temporal,
                                      {{"temporal", Coding::temporal},
                                       {"voltage", Coding::voltage},
                                       {"bit-serial", Coding::bit_serial},
                                       {"pulse-count", Coding::pulse_count},
                                       {"pulse-train", Coding::pulse_train}});
  const bool pulses = a.read.coding != Coding::temporal;
  const auto optional = [&](bool needed) { return needed ? std::nullopt : std::optional<double>(0); };
  a.read.line_voltage = read_quantity(read, "line_voltage", "V", at_least(0));
  a.read.line_fixed = read_quantity(read, "line_fixed", "F", at_least(0), 0);
  a.read.settle = read_quantity(read, "settle", "s", at_least(0), 0);
  a.read.pulse = read_quantity(read, "pulse", "s", at_least(0), optional(pulses));
  a.read.phases = read_quantity(read, "phases", "1", at_least(1), 1);
  a.read.mean_input = read_quantity(read, "mean_input", "1", between(0, 1), 0.5);
  a.read.sample_energy = read_quantity(read, "sample_energy", "J", at_least(0), 0);
  a.read.integrate_energy = read_quantity(read, "integrate_energy", "J", at_least(0), 0);
  a.read.integrate_time =
      read_quantity(read, "integrate_time", "s", at_least(0), optional(a.read.coding == Coding::pulse_train));
  a.read.phase_time = read_quantity(read, "phase_time", "s", at_least(0), 0);
  a.read.dac_energy =
      read_quantity(read, "dac_energy", "J", at_least(0), optional(a.read.coding == Coding::voltage));
  a.read.control_power = read_quantity(read, "control_power", "W", at_least(0), 0);
  a.read.driver_energy = read_quantity(read, "driver_energy", "J/bit", at_least(0), -1);
  a.read.output_energy = read_quantity(read, "output_energy", "J/bit", at_least(0), -1);
  a.read.max_phase_bits = static_cast<int>(read.integer("max_phase_bits", 0, 0, 16));
  a.read.integrator = read.flag("integrator", true);
  a.read.overlapped = read.flag("overlapped", false);

  const auto update = root.table("update");
  a.update.possible = update.flag("possible", true);
  if (a.update.possible) {
    a.update.phases = read_quantity(update, "phases", "1", at_least(1));
    a.update.lsb = read_quantity(update, "lsb", "s", above(0));
    a.update.voltage = read_quantity(update, "voltage", "V", above(0));
    a.update.cell_energy = read_quantity(update, "cell_energy", "J", at_least(0), 0);
  }

  const auto converter = root.table("converter");
  a.converter = converter.text("card", "ramp");
  a.lines_per_converter = static_cast<int>(converter.integer("lines", 1, 1, 65536));
  a.supply = read_quantity(root, "supply", "V", at_least(0), 0);
  a.threshold = read_quantity(root, "threshold", "V", at_least(0), 0);
  return a;
}

DigitalTile read_digital(const core::ConfigTable& root) {
  DigitalTile d;
  const auto core = root.table("core");
  d.row_time = read_quantity(core, "row_time", "s", above(0));
  d.write_time = read_quantity(core, "write_time", "s", at_least(0));
  d.cell_energy = read_quantity(core, "cell_energy", "J/bit", at_least(0));
  d.sense_energy = read_quantity(core, "sense_energy", "J/bit", at_least(0));
  d.write_energy = read_quantity(core, "write_energy", "J/bit", at_least(0));
  d.wire_activity = read_quantity(core, "wire_activity", "1", between(0, 1));
  d.cell_area = read_quantity(core, "cell_area", "m2/bit", above(0));
  d.array_efficiency = read_quantity(core, "array_efficiency", "1", {.min = 0, .max = 1, .above_min = true});
  d.leakage = read_quantity(core, "leakage", "W/bit", at_least(0));
  d.transpose_reads = static_cast<int>(core.integer("transpose_reads", 8, 1, 1024));
  return d;
}

}  // namespace

Tile read_tile(core::Config& card) {
  Tile tile;
  const auto root = card.root();
  tile.name = root.text("name", "");
  tile.digital = root.word("kind", "analog", {"analog", "digital"}) == "digital";
  tile.technology = root.text("technology", "14nm");
  tile.max_input_bits = static_cast<int>(root.integer("max_input_bits", 12, 1, 32));
  tile.max_output_bits = static_cast<int>(root.integer("max_output_bits", 12, 1, 32));
  tile.max_weight_bits = static_cast<int>(root.integer("max_weight_bits", 8, 1, 32));
  if (tile.digital) {
    tile.core = read_digital(root);
  } else {
    tile.analog = read_analog(root);
  }
  return tile;
}

}  // namespace mho::hardware
