#pragma once
// How a matrix becomes arrays and how they are driven and read: the sections [array], [mapping], [input],
// [adc] and [wires] of a study, as values. The mathematics is in docs/theory/array.md.

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "mho/core/config.h"
#include "mho/device/cell.h"

namespace mho::array {

struct Chip;  // chip/chip.h

enum class Partition { even, fill };
enum class Precision { f32, int16 };
enum class Scheme { differential, differential_two_sided, offset, offset_unit_column };
enum class Subtract { analog, digital };
enum class AdcKind { ideal, uniform, sign_magnitude, ramp, sar, pipeline, cyclic };
enum class UnusedRows { output_end, supply_end };

/// A closed interval of column currents [V_read·G_on] or of inputs.
struct Interval {
  double lo = 0;
  double hi = 0;
};

struct ArraySize {
  std::size_t rows = 1024;  ///< 0: as many as the matrix has inputs
  std::size_t cols = 1024;  ///< 0: as many as it has outputs
  Partition partition = Partition::even;
  double column_current_limit = 0;  ///< of each physical column [V_read·G_on]; 0: none
  Precision precision = Precision::f32;
};

struct WeightRange {
  enum class Kind { max, quantile, value } kind = Kind::max;
  double value = 0;  ///< the quantile in (0,1], or the range itself
};

struct Mapping {
  Scheme scheme = Scheme::differential;
  int weight_bits = 8;  ///< 0: continuous
  int slices = 1;
  WeightRange weight_range;
  /// Every output has a range of its own, undone in digital logic; else the matrix has one.
  bool range_per_column = false;
  Subtract subtract = Subtract::analog;
  bool interleaved = false;
};

struct Input {
  int bits = 8;        ///< 0: continuous
  int slice_bits = 0;  ///< 0: all bits at once
  enum class Signed { automatic, yes, no } signs = Signed::automatic;
  /// Full scale: from calibration, the largest magnitude of each vector that is applied, or `given`.
  enum class Range { calibrated, automatic, given } range = Range::calibrated;
  double given = 1;
};

struct Adc {
  AdcKind kind = AdcKind::uniform;
  int bits = 8;
  /// automatic: the largest magnitude of an array's currents at each conversion.
  enum class Range { calibrated, automatic, max, granular, given } range = Range::calibrated;
  std::vector<Interval> given;  ///< one, or one a slice, least significant first
  /// Every output's current is amplified to fill the range, undone in digital logic; else none is.
  bool range_per_column = false;
  bool per_input_slice = true;
  double gain_db = 100;
  double sigma_capacitor = 0;
  double sigma_comparator = 0;
  int group_columns = 8;
  double noise_lsb = 0;
};

struct Wires {
  double row_ohm = 0;
  double col_ohm = 0;
  double row_terminal_ohm = 0;
  double col_terminal_ohm = 0;
  bool gated = false;
  UnusedRows unused_rows = UnusedRows::output_end;
};

/// Everything that decides what an array answers.
struct Settings {
  device::Cell cell;
  ArraySize array;
  Mapping mapping;
  Input input;
  Adc adc;
  Wires wires;
  /// Where set, cells are those of this chip, and not programmed.
  std::shared_ptr<const Chip> chip;
};

std::string_view word_of(Scheme scheme);  ///< as mapping.scheme names it
std::optional<Scheme> scheme_of(std::string_view word);
bool is_differential(Scheme scheme);  ///< a weight is the difference of two cells
/// The currents of a pair of cells meet in a wire before any converter sees them.
bool subtracts_in_wires(const Mapping& mapping);
/// Wire resistance changes the answer at all.
bool has_resistance(const Wires& wires);

/// Reads the sections; wrong values and impossible combinations become complaints of `study`. `defaults`:
/// what scheme, weight_bits and the ranges of inputs and converters are where the study does not say.
Settings read_settings(core::Config& study, const Settings& defaults = {});

}  // namespace mho::array
