#pragma once
// Measured pulse trains: the conductance after each of many equal pulses, ramp by ramp.

#include <string>
#include <vector>

namespace mho::device {

/// What the numbers of a file are.
enum class TrainUnit {
  ampere,     ///< read currents: divided by the read voltage
  siemens,    ///< conductances
  normalized  ///< any unit, zero and negative values too; the range is mapped to siemens when a card is made
};

/// One direction: SET pulses raise the conductance, RESET pulses lower it.
struct PulseTrains {
  std::string file;
  std::vector<std::vector<double>> ramps;  ///< values after pulse 1, 2, … [S, or the file's unit]
  std::size_t values() const;
};

/// Reads a CSV file: a column a ramp, a row a pulse, a line of names first if there is one. Ramps may end
/// early (empty fields from there on). `spec` is a path, or path:columns as in "data.csv:2" or
/// "x.csv:1-10,12". Throws core::InvalidInput that lists every bad row with file, line, column and what is
/// wrong.
PulseTrains read_pulse_trains(const std::string& spec, TrainUnit unit, double read_voltage_v);

}  // namespace mho::device
