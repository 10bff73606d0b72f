#pragma once
// A tile card: one array of cells with its periphery, analog or digital. Every member is a Quantity of the
// card of the same name (cards/tiles/*.toml).

#include <string>

#include "mho/core/config.h"
#include "mho/hardware/quantity.h"

namespace mho::hardware {

/// How an input reaches its line.
enum class Coding {
  temporal,     ///< pulse width: 2^bits steps of the technology's lsb
  voltage,      ///< one pulse of a DAC's voltage
  bit_serial,   ///< a pulse a bit, the results added after conversion or in charge
  pulse_count,  ///< as many pulses as the value
  pulse_train,  ///< bit k is integrated 2^k times, in phases of few bits (NeuRRAM)
};

struct AnalogTile {
  struct Cell {
    Quantity on_resistance;     ///< at the read voltage [ohm]
    Quantity read_voltage;      ///< across the device [V]
    Quantity mean_conductance;  ///< over G_on, default where nobody measured
    Quantity line_capacitance;  ///< device and selector, per cell on each of its lines [F]
    Quantity pitch;             ///< wire length per cell [m]
    Quantity area;              ///< of a cell [m²]
    Quantity read_energy;       ///< charge moved in a cell at full input and full weight [J]
  } cell;

  struct Read {
    Coding coding = Coding::temporal;
    Quantity line_voltage;      ///< swing of a driven line [V]
    Quantity line_fixed;        ///< capacitance of its driver [F]
    Quantity settle;            ///< before integration [s]
    Quantity pulse;             ///< one pulse [s]; temporal: unused
    Quantity phases;            ///< times that the whole input is applied (sign combinations)
    Quantity mean_input;        ///< share of the full drive, default where nobody measured
    Quantity sample_energy;     ///< per pulse and sensed line [J]
    Quantity integrate_energy;  ///< per integration step and sensed line [J]
    Quantity integrate_time;    ///< per integration step [s]
    Quantity phase_time;        ///< between phases [s]
    Quantity dac_energy;        ///< of one line and step, voltage coding [J]
    Quantity control_power;     ///< of the tile's control while a kernel runs [W]
    Quantity driver_energy;   ///< as the technology's, where the tile has its own; negative: the technology's
    Quantity output_energy;   ///< the same
    int max_phase_bits = 0;   ///< pulse_train: above so many magnitude bits, two phases
    bool integrator = true;   ///< lines end in the technology's integrator
    bool overlapped = false;  ///< a vector is converted while the next one is applied
  } read;

  struct Update {
    bool possible = true;
    Quantity phases;       ///< sign combinations, one after the other
    Quantity lsb;          ///< time step of update pulses [s]
    Quantity voltage;      ///< swing of both lines [V]
    Quantity cell_energy;  ///< inside the device, per cell and update [J]
  } update;

  std::string converter = "ramp";  ///< card in cards/converters
  int lines_per_converter = 1;
  Quantity supply;     ///< that the card's energies are for: they go with its square; 0: they don't
  Quantity threshold;  ///< of the transistors: times go with V/(V - V_t)² from that supply; 0: no
};

/// Memory beside arithmetic: one row of weights a step through 1 multiply-accumulate unit a column.
struct DigitalTile {
  Quantity row_time;          ///< read of one row and its products [s]
  Quantity write_time;        ///< extra time of a written row [s]
  Quantity cell_energy;       ///< word and bit lines, per bit read [J/bit]
  Quantity sense_energy;      ///< sense amplifiers and operand registers, per bit of a used weight [J/bit]
  Quantity write_energy;      ///< per bit written, without the wires to it [J/bit]
  Quantity wire_activity;     ///< of the wires between macro edge and cell
  Quantity cell_area;         ///< [m²/bit]
  Quantity array_efficiency;  ///< cells over macro
  Quantity leakage;           ///< [W/bit]
  int transpose_reads = 8;    ///< reads of each row that the transposed product needs (column multiplexing)
};

struct Tile {
  std::string name;
  bool digital = false;
  std::string technology;  ///< the card's own, where the study doesn't say
  int max_input_bits = 12;
  int max_output_bits = 12;
  int max_weight_bits = 8;
  AnalogTile analog;
  DigitalTile core;
};

/// Reads a tile card. Complaints go to `card`.
Tile read_tile(core::Config& card);

}  // namespace mho::hardware
