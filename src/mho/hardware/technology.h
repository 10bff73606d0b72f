#pragma once
// A technology card: what wires, logic, memories and analog periphery cost in one process.
//
// Every member is a Quantity of the card of the same name (cards/technologies/*.toml), SI units.

#include <string>

#include "mho/core/config.h"
#include "mho/hardware/quantity.h"

namespace mho::hardware {

struct Technology {
  std::string name;

  struct Node {
    Quantity feature;  ///< name of the node [m]
    Quantity supply;   ///< [V]
  } node;

  struct Wire {
    Quantity capacitance;  ///< of a minimum-pitch wire [F/m]
  } wire;

  /// Mixed-signal periphery of an array, one per line.
  struct Analog {
    Quantity lsb;               ///< time step of pulse widths and of the ramp [s]
    Quantity integrator_power;  ///< while it integrates [W]
    Quantity integrator_hold;   ///< while its value is converted [W]
    Quantity integrator_area;   ///< [m²]
    Quantity comparator_power;  ///< of a ramp converter's comparator and latch [W]
    Quantity comparator_area;   ///< with its latch [m²]
    Quantity driver_energy;     ///< input register and pulse logic, per bit of one line [J/bit]
    Quantity driver_area;       ///< per line [m²]
    Quantity output_energy;     ///< latch, register and bus of a converted value [J/bit]
    Quantity update_energy;     ///< update pulse logic, per bit of one line and phase [J/bit]
  } analog;

  struct Logic {
    Quantity register_energy;    ///< [J/bit]
    Quantity register_area;      ///< [m²/bit]
    Quantity adder_energy;       ///< of a full-adder bit [J/bit]
    Quantity adder_area;         ///< [m²/bit]
    Quantity mac_energy;         ///< 8×8-bit multiply and 24-bit add [J]
    Quantity mac_area;           ///< [m²]
    Quantity activation_energy;  ///< one output through ReLU, sigmoid or a table [J]
    Quantity activation_area;    ///< one unit [m²]
    Quantity leakage;            ///< of logic and periphery [W/m²]
    Quantity clock;              ///< of the digital parts [Hz]
  } logic;

  struct Sram {
    Quantity cell_area;         ///< [m²/bit]
    Quantity array_efficiency;  ///< cells over macro
    Quantity buffer_energy;  ///< one bit of a buffer of buffer_capacity; grows with the root of the capacity
    Quantity buffer_capacity;  ///< [bit]
    Quantity leakage;          ///< [W/bit]
  } sram;

  struct Edram {
    Quantity energy;  ///< [J/bit]
    Quantity area;    ///< [m²/bit]
  } edram;

  struct Interconnect {
    Quantity bus_energy;     ///< shared bus of a tile, per bit
    Quantity router_energy;  ///< router and link to the next tile, per bit and hop
    Quantity router_area;    ///< one router [m²]
    Quantity link_bits;      ///< bits that a link moves in a clock
  } interconnect;
};

/// Reads a technology card. Complaints go to `card`.
Technology read_technology(core::Config& card);

}  // namespace mho::hardware
