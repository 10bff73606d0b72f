#pragma once
// Analog-to-digital converters: the part that decides what an analog tile costs, and that tools disagree
// about by two orders of magnitude. Each model is a formula with its source; each card in cards/converters
// gives one the constants of one circuit.

#include <string>
#include <vector>

#include "mho/core/config.h"
#include "mho/hardware/cost.h"
#include "mho/hardware/quantity.h"
#include "mho/hardware/technology.h"

namespace mho::hardware {

enum class ConverterModel {
  /// One comparator a column against a shared ramp: E = P·2^b·t_lsb, t = 2^b·t_lsb. With no constants of
  /// its own, the technology's comparator and step.
  ramp,
  /// Capacitive successive approximation: E = (c_bit·b + c_level·4^b)·V², t = b·t_bit,
  /// area = area_level·2^b·10^(-0.0369 b) (ZigZag-IMC; the shape of Murmann's bounds).
  sar,
  /// E = (p_bit·b + p_fixed + v²/R_column)·(b+1)·t_bit: DNN+NeuroSim's fits to a circuit simulator.
  sar_power,
  /// 2^b - 1 comparators at once: E = (2^b-1)·e, t = t_bit, area = (2^b-1)·a.
  flash,
  /// A current-controlled oscillator and counter that count while the array is driven: E = P·(t_drive +
  /// t_bit), t = t_bit after the drive ends.
  oscillator,
  /// One charge-decrement step a bit: E = b·e, t = b·t_bit.
  stepwise,
  /// Regression over published converters (Murmann's survey, the fit of the Accelergy ADC plug-in).
  survey,
  /// Published energies at some resolutions at a reference supply; between and beyond them the energy
  /// changes by the step that the table has there.
  table,
};

/// A converter card. Which members matter depends on the model; all SI.
struct Converter {
  std::string name;
  ConverterModel model = ConverterModel::ramp;
  int min_bits = 1;  ///< the regression of the survey has no meaning below 5 bits
  int max_bits = 12;
  bool own_constants = true;  ///< false: ramp from the technology card

  Quantity power;              ///< ramp, oscillator [W]
  Quantity step;               ///< t_lsb or t_bit [s]
  Quantity area;               ///< of one converter, or of one comparator (flash), or per level (sar) [m²]
  Quantity energy;             ///< of a comparison or a step [J]
  Quantity bit_capacitance;    ///< [F]
  Quantity level_capacitance;  ///< [F]
  Quantity bit_power;          ///< [W]
  Quantity fixed_power;        ///< [W]
  Quantity divider;            ///< [V²], over the resistance of the column
  Quantity column_resistance;  ///< [ohm]
  Quantity rate;               ///< survey: conversions a second [1/s]
  Quantity supply;             ///< reference supply: energies go with its square; 0: they don't
  std::vector<double> table_bits;
  std::vector<double> table_energy_j;
  Source source;  ///< of the whole model
};

/// Reads a converter card; complaints go to `card`.
Converter read_converter(core::Config& card);
/// Finds it by name in cards/converters. Throws InvalidInput.
Converter load_converter(const std::string& name_or_path);

/// What a conversion happens in.
struct Conversion {
  int bits = 8;
  double drive_s = 0;   ///< how long the array is driven before it
  double supply_v = 0;  ///< 0: the converter's reference supply, or the technology's
};

/// Energy, time and area of one conversion by one converter. bits must be in [min_bits, max_bits].
Each convert(const Converter& converter, const Technology& technology, const Conversion& conversion);

}  // namespace mho::hardware
