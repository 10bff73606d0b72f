#pragma once
// How weights are written in cells and inputs in digits, and the constants that undo both.
// Equations: docs/theory/array.md, "Weights" and "Inputs".

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mho/array/mapping/settings.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// Consecutive lines of the weight matrix that lie in one array.
struct Part {
  std::size_t first = 0;
  std::size_t size = 0;
};

/// Cuts `n` lines into parts of at most `max` (0: one part). `even`: k = ceil(n/max) parts, the first
/// n mod k of them one larger; `fill`: full parts, then the rest. No lines: no parts.
std::vector<Part> partition(std::size_t n, std::size_t max, Partition how);

/// From weights to conductances and back.
struct WeightCode {
  Scheme scheme = Scheme::differential;
  double weight_max = 1;  ///< W_max, in the user's units
  int bits = 0;           ///< B; 0: continuous
  int slices = 1;         ///< S
  int slice_bits = 0;     ///< b, bits of a slice; 0: continuous
  double g_zero = 0;      ///< conductance of the cell value 0: g_off, or g' for continuous offset weights
  double span = 1;        ///< conductance from the cell value 0 to 1: r, or r'
  /// The answer over W_max and the input range is  Σ_slices slice_scale[i]·q_i − sum_scale·Σx,
  /// where q_i is I⁺−I⁻ for pairs, the column's current for offset weights, or that current less the
  /// unit column's. sum_scale is for digital removal of the offset; a unit column does without it.
  std::vector<double> slice_scale;
  double sum_scale = 0;
  double g_off = 0;
  double level_steps = 0;  ///< steps from g_off to 1 on which targets lie; 0 where they are continuous
};
WeightCode weight_code(const Settings& settings, double weight_max);
/// Continuous weights in one slice of cells that use conductances from `low` to `high` [G_on], as cells that
/// learn do: offset weights are read against the middle of that range. g_off is that of the cell.
WeightCode weight_code_within(Scheme scheme, double weight_max, double low, double high, double g_off);

/// W_max as the settings ask: the largest magnitude, a quantile, or a number. 1 where all weights are 0.
double weight_range(const WeightRange& range, core::MatrixView<const float> weights);
/// The same of every output, or one for all, as `mapping` says.
std::vector<double> weight_ranges(const Mapping& mapping, core::MatrixView<const float> weights);

/// Target conductances of one weight in one slice. `minus` is meaningless for offset schemes.
/// The unit column holds target(code, 0, slice).plus.
struct Target {
  double plus = 0;
  double minus = 0;
};
Target target(const WeightCode& code, double weight, int slice);
/// target() of many weights, in float32. All of one length; `minus` empty for offset schemes.
void targets(const WeightCode& code, std::span<const float> weights, int slice, std::span<float> plus,
             std::span<float> minus);

/// The integers that weights become. Only where code.bits > 0.
void weight_levels(const WeightCode& code, std::span<const float> weights, std::int32_t* integers);

/// A stored conductance in float64. One that was programmed to a level exactly, and that float32 moved by
/// half an ulp, is put back on it, so that sums of levels which cancel do so exactly: without inputs or with
/// balanced ones many currents are zero, which is a tie of every converter with an even number of levels.
double on_level(const WeightCode& code, float g);

/// From inputs to digits.
struct InputCode {
  double full_scale = 1;  ///< of the user's inputs; what lies beyond is clipped
  bool is_signed = false;
  int magnitude_bits = 0;  ///< m; 0: continuous
  int slice_bits = 0;      ///< s; 0: continuous
  int slices = 1;          ///< K = ceil(m/s)
  /// Accumulation from the least significant slice: acc ← (acc + q_k)/2^s, then acc·final_factor.
  /// Slice k thus weighs slice_weight(k) in the end; one slice of all bits weighs 1.
  double final_factor = 1;

  double slice_weight(int k) const;
};
InputCode input_code(const Input& input, double full_scale, bool is_signed);

/// The integer of an input, sign(x)·rint(|x|/full_scale·(2^m-1)) after clipping. Only where m > 0.
int input_level(const InputCode& code, double x);
/// The input after clipping and rounding, in [-1,1] or [0,1].
double input_value(const InputCode& code, double x);
/// The voltage of slice k over full scale: sign·(digit k of |level|)/(2^s-1).
double input_digit(const InputCode& code, int level, int k);

/// Largest magnitude; 0 where there is no value.
float largest_magnitude(std::span<const float> values);

/// Quantile p of values with linear interpolation between neighbours: q(0) the least, q(1) the largest.
/// Reorders `values`. Not empty.
double quantile(std::span<double> values, double p);

}  // namespace mho::array
