#include "mho/hardware/technology.h"

namespace mho::hardware {

using core::above;
using core::at_least;
using core::between;

Technology read_technology(core::Config& card) {
  Technology t;
  const auto root = card.root();
  t.name = root.text("name", "");
  root.ignore("description");

  const auto node = root.table("node");
  t.node.feature = read_quantity(node, "feature", "m", above(0));
  t.node.supply = read_quantity(node, "supply", "V", above(0));

  t.wire.capacitance = read_quantity(root.table("wire"), "capacitance", "F/m", above(0));

  const auto analog = root.table("analog");
  t.analog.lsb = read_quantity(analog, "lsb", "s", above(0));
  t.analog.integrator_power = read_quantity(analog, "integrator_power", "W", at_least(0));
  t.analog.integrator_hold = read_quantity(analog, "integrator_hold", "W", at_least(0));
  t.analog.integrator_area = read_quantity(analog, "integrator_area", "m2", at_least(0));
  t.analog.comparator_power = read_quantity(analog, "comparator_power", "W", at_least(0));
  t.analog.comparator_area = read_quantity(analog, "comparator_area", "m2", at_least(0));
  t.analog.driver_energy = read_quantity(analog, "driver_energy", "J/bit", at_least(0));
  t.analog.driver_area = read_quantity(analog, "driver_area", "m2", at_least(0));
  t.analog.output_energy = read_quantity(analog, "output_energy", "J/bit", at_least(0));
  t.analog.update_energy = read_quantity(analog, "update_energy", "J/bit", at_least(0));

  const auto logic = root.table("logic");
  t.logic.register_energy = read_quantity(logic, "register_energy", "J/bit", at_least(0));
  t.logic.register_area = read_quantity(logic, "register_area", "m2/bit", at_least(0));
  t.logic.adder_energy = read_quantity(logic, "adder_energy", "J/bit", at_least(0));
  t.logic.adder_area = read_quantity(logic, "adder_area", "m2/bit", at_least(0));
  t.logic.mac_energy = read_quantity(logic, "mac_energy", "J", at_least(0));
  t.logic.mac_area = read_quantity(logic, "mac_area", "m2", at_least(0));
  t.logic.activation_energy = read_quantity(logic, "activation_energy", "J", at_least(0));
  t.logic.activation_area = read_quantity(logic, "activation_area", "m2", at_least(0));
  t.logic.leakage = read_quantity(logic, "leakage", "W/m2", at_least(0));
  t.logic.clock = read_quantity(logic, "clock", "Hz", above(0));

  const auto sram = root.table("sram");
  t.sram.cell_area = read_quantity(sram, "cell_area", "m2/bit", above(0));
  t.sram.array_efficiency =
      read_quantity(sram, "array_efficiency", "1", {.min = 0, .max = 1, .above_min = true});
  t.sram.buffer_energy = read_quantity(sram, "buffer_energy", "J/bit", at_least(0));
  t.sram.buffer_capacity = read_quantity(sram, "buffer_capacity", "bit", above(0));
  t.sram.leakage = read_quantity(sram, "leakage", "W/bit", at_least(0));

  const auto edram = root.table("edram");
  t.edram.energy = read_quantity(edram, "energy", "J/bit", at_least(0));
  t.edram.area = read_quantity(edram, "area", "m2/bit", at_least(0));

  const auto net = root.table("interconnect");
  t.interconnect.bus_energy = read_quantity(net, "bus_energy", "J/bit", at_least(0));
  t.interconnect.router_energy = read_quantity(net, "router_energy", "J/bit", at_least(0));
  t.interconnect.router_area = read_quantity(net, "router_area", "m2", at_least(0));
  t.interconnect.link_bits = read_quantity(net, "link_bits", "bit", above(0));
  return t;
}

}  // namespace mho::hardware
