#pragma once
// The analog-to-digital converters at the columns of one array.
// Equations: docs/theory/array.md, "Converters".

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "mho/array/mapping/settings.h"
#include "mho/core/random.h"

namespace mho::array {

/// One SAR: the level that its capacitors make of every code, over 1 + 1/A, and its comparator's offset.
struct SarConverter {
  std::vector<double> levels;  ///< [2^bits]
  double offset = 0;
};

/// One 1.5-bit stage of a pipeline (or the only stage of a cyclic converter).
struct Stage {
  double capacitor_ratio = 1;              ///< g = C2/C1
  double loss = 1;                         ///< 1 + 1/(A·β), β = C1/(C1+C2)
  double offset_high = 0, offset_low = 0;  ///< of the comparators at +V/4 and -V/4
};
struct StageConverter {
  std::vector<Stage> stages;  ///< bits-1 (pipeline) or 1 (cyclic)
  double sign_offset = 0;     ///< of the last comparator
};

/// All converters of one array. Everything in units of column current, V_read·G_on.
struct Converters {
  AdcKind kind = AdcKind::ideal;
  int bits = 8;
  Interval range;                      ///< what lies outside is clipped; structured kinds convert ±v_max
  double v_max = 0;                    ///< max(|lo|, |hi|), the reference of the structured kinds
  double steps = 0;                    ///< q, steps of the answer a unit of current; 0 for ideal
  double noise = 0;                    ///< standard deviation at the input, noise_lsb/q
  std::size_t group_columns = 1;       ///< columns that share a converter: column j uses converter j/group
  std::vector<double> ramp_levels;     ///< [2^bits], one ramp for all columns, over 1 + 1/(A·β_c)
  std::vector<double> ramp_offsets;    ///< of the comparator of every column; empty: none
  std::vector<SarConverter> sar;       ///< one a group; a single one where all are the same
  std::vector<StageConverter> staged;  ///< as sar
};

/// The range of one array's converters. `lines`: driven lines in use there, N. `slice_bits`: bits of a
/// weight slice, or of a cell where weights are not sliced (for granular). `correction`: 2^m/(2^m-1), 1
/// for continuous inputs. `signed_currents`: inputs are signed, or pairs are subtracted in wires. Of
/// automatic ranges, that of currents over the largest of them: every kind scales with its range.
struct RangeQuestion {
  std::size_t lines = 0;
  int step_bits = 0;
  double correction = 1;
  bool signed_currents = true;
};
Interval automatic_range(const Adc& adc, const RangeQuestion& question);

/// Converters of `columns` columns. `key` draws capacitors (draw 0) and comparators (draw 1).
Converters make_converters(const Adc& adc, Interval range, std::size_t columns, const core::RandomKey& key);

/// What column j's converter answers to a current, in the same units.
double convert(const Converters& converters, std::size_t column, double current);

/// A converter as a staircase: the answer to `current` is values[number of thresholds < current].
/// Exists for every structured kind, since each decides by comparing an increasing function of the
/// current; ideal, uniform and sign-magnitude need none. For fast executors.
struct Staircase {
  std::vector<float> thresholds;  ///< increasing
  std::vector<float> values;      ///< one more than thresholds
};
Staircase staircase(const Converters& converters, std::size_t column);

}  // namespace mho::array
