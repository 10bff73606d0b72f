#include "mho/array/mapping/coding.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>

namespace mho::array {
namespace {

int ceil_of_ratio(int a, int b) { return (a + b - 1) / b; }

double levels(int bits) { return std::ldexp(1.0, bits) - 1; }  // 2^bits - 1

}  // namespace

std::vector<Part> partition(std::size_t n, std::size_t max, Partition how) {
  std::vector<Part> parts;
  if (n == 0) return parts;
  if (max == 0) max = n;
  const std::size_t k = (n + max - 1) / max;
  for (std::size_t p = 0, first = 0; p < k; ++p) {
    const std::size_t size = how == Partition::even ? n / k + (p < n % k) : std::min(max, n - first);
    parts.push_back({first, size});
    first += size;
  }
  return parts;
}

WeightCode weight_code_within(Scheme scheme, double weight_max, double low, double high, double g_off) {
  WeightCode code{.scheme = scheme,
                  .weight_max = weight_max,
                  .bits = 0,
                  .slices = 1,
                  .slice_bits = 0,
                  .g_zero = low,
                  .span = high - low,
                  .slice_scale = {},
                  .sum_scale = 0,
                  .g_off = g_off,
                  .level_steps = 0};
  code.slice_scale = {(is_differential(scheme) ? 1 : 2) / code.span};
  if (scheme == Scheme::offset) code.sum_scale = (code.g_zero + code.span / 2) * 2 / code.span;
  return code;
}

WeightCode weight_code(const Settings& settings, double weight_max) {
  const Mapping& mapping = settings.mapping;
  const double g_off = settings.cell.g_off();
  const double r = 1 - g_off;
  const bool differential = is_differential(mapping.scheme);
  const int cell_bits = settings.cell.cell_bits();
  // With levels, continuous offset weights leave out the lowest, so that w = 0 lies on a level.
  const bool without_lowest = mapping.weight_bits == 0 && !differential && cell_bits > 0;
  const double span = without_lowest ? r * (std::ldexp(1.0, cell_bits) - 2) / levels(cell_bits) : r;
  const double low = without_lowest ? 1 - span : g_off;
  WeightCode code = weight_code_within(mapping.scheme, weight_max, low, 1, g_off);
  if (cell_bits > 0) code.level_steps = levels(cell_bits);
  if (mapping.weight_bits == 0) return code;
  code.bits = mapping.weight_bits;
  code.slices = mapping.slices;
  code.slice_scale.clear();
  code.sum_scale = 0;
  code.slice_bits = ceil_of_ratio(differential ? code.bits - 1 : code.bits, code.slices);
  if (cell_bits == 0) {
    code.level_steps = levels(code.slice_bits) * (mapping.scheme == Scheme::differential_two_sided ? 2 : 1);
  }
  const double full = levels(code.bits - 1);
  for (int i = 0; i < code.slices; ++i) {
    code.slice_scale.push_back(std::ldexp(levels(code.slice_bits) / r, code.slice_bits * i) / full);
    if (mapping.scheme == Scheme::offset) code.sum_scale += code.slice_scale.back() * g_off;
  }
  if (mapping.scheme == Scheme::offset) code.sum_scale += std::ldexp(1.0, code.bits - 1) / full;
  return code;
}

double weight_range(const WeightRange& range, core::MatrixView<const float> weights) {
  double found = range.kind == WeightRange::Kind::value ? range.value : 0;
  if (range.kind == WeightRange::Kind::quantile && weights.rows * weights.cols > 0) {
    std::vector<double> all;
    all.reserve(weights.rows * weights.cols);
    for (std::size_t j = 0; j < weights.rows; ++j) {
      all.insert(all.end(), weights.row(j).begin(), weights.row(j).end());
    }
    found = std::max(std::abs(quantile(all, range.value)), std::abs(quantile(all, 1 - range.value)));
  }
  if (found > 0) return found;
  // The largest, also where most weights are zero and so are their quantiles.
  for (std::size_t j = 0; j < weights.rows; ++j) {
    for (const float w : weights.row(j)) found = std::max(found, std::abs(double{w}));
  }
  return found > 0 ? found : 1;
}

std::vector<double> weight_ranges(const Mapping& mapping, core::MatrixView<const float> weights) {
  if (!mapping.range_per_column) return {weight_range(mapping.weight_range, weights)};
  std::vector<double> ranges;
  for (std::size_t j = 0; j < weights.rows; ++j)
    ranges.push_back(weight_range(mapping.weight_range, weights.block(j, 0, 1, weights.cols)));
  return ranges;
}

Target target(const WeightCode& code, double weight, int slice) {
  double w = std::clamp(weight, -code.weight_max, code.weight_max) / code.weight_max;
  const bool differential = is_differential(code.scheme);
  double value = differential ? w : (w + 1) / 2;  // what the cell, or the pair of cells, holds
  if (code.bits > 0) {
    const int b = code.slice_bits;
    const int integer = static_cast<int>(std::nearbyint(w * levels(code.bits - 1)));
    const int magnitude = differential ? std::abs(integer) : integer + (1 << (code.bits - 1));
    // Digits beyond the last bit are zero: the top slice keeps the rest.
    const int shift = std::min(b * slice, 30);
    const int digit = (magnitude >> shift) & ((1 << b) - 1);
    value = digit / levels(b) * (differential && integer < 0 ? -1 : 1);
  }
  switch (code.scheme) {
    case Scheme::differential:
      return {code.g_zero + code.span * std::max(value, 0.0),
              code.g_zero + code.span * std::max(-value, 0.0)};
    case Scheme::differential_two_sided:
      return {code.g_zero + code.span * (1 + value) / 2, code.g_zero + code.span * (1 - value) / 2};
    case Scheme::offset:
    case Scheme::offset_unit_column:
      return {code.g_zero + code.span * value, 0};
  }
  return {};
}

double on_level(const WeightCode& code, float g) {
  if (code.level_steps == 0) return g;
  const double step = (1 - code.g_off) / code.level_steps;
  const double level = code.g_off + std::nearbyint((g - code.g_off) / step) * step;
  return static_cast<float>(level) == g ? level : g;
}

namespace {

/// Halves to even for |x| < 2^51, in two additions that every SIMD target has.
inline double rounded(double x) {
  constexpr double kMagic = 0x1.8p52;
  return (x + kMagic) - kMagic;
}

template <bool kDifferential, bool kTwoSided, bool kBits>
void write_targets(const WeightCode& code, const float* weights, std::size_t n, int slice, float* plus,
                   float* minus) {
  const double most = code.weight_max, zero = code.g_zero, span = code.span;
  const double full = levels(code.bits - 1), steps = levels(code.slice_bits);
  const std::int32_t half = kBits ? 1 << (code.bits - 1) : 0;
  const std::int32_t mask = (1 << code.slice_bits) - 1;
  const int shift = std::min(code.slice_bits * slice, 30);
  for (std::size_t i = 0; i < n; ++i) {
    const double given = weights[i];
    const double w = (given < -most ? -most : given > most ? most : given) / most;
    double value = kDifferential ? w : (w + 1) / 2;
    if constexpr (kBits) {
      const double integer = rounded(w * full);
      const auto magnitude = static_cast<std::int32_t>(kDifferential ? std::abs(integer) : integer + half);
      const double digit = static_cast<double>((magnitude >> shift) & mask) / steps;
      value = kDifferential && integer < 0 ? -digit : digit;
    }
    if constexpr (!kDifferential) {
      plus[i] = static_cast<float>(zero + span * value);
    } else if constexpr (kTwoSided) {
      plus[i] = static_cast<float>(zero + span * (1 + value) / 2);
      minus[i] = static_cast<float>(zero + span * (1 - value) / 2);
    } else {
      plus[i] = static_cast<float>(zero + span * (value > 0 ? value : 0));
      minus[i] = static_cast<float>(zero + span * (value < 0 ? -value : 0));
    }
  }
}

}  // namespace

void targets(const WeightCode& code, std::span<const float> weights, int slice, std::span<float> plus,
             std::span<float> minus) {
  const bool pairs = is_differential(code.scheme);
  const bool two_sided = code.scheme == Scheme::differential_two_sided;
  const bool bits = code.bits > 0;
  const auto write = !pairs ? bits ? write_targets<false, false, true> : write_targets<false, false, false>
                     : two_sided ? bits ? write_targets<true, true, true> : write_targets<true, true, false>
                     : bits ? write_targets<true, false, true>
                                 : write_targets<true, false, false>;
  write(code, weights.data(), weights.size(), slice, plus.data(), minus.data());
}

void weight_levels(const WeightCode& code, std::span<const float> weights, std::int32_t* integers) {
  const double most = code.weight_max, full = levels(code.bits - 1);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double given = weights[i];
    const double w = (given < -most ? -most : given > most ? most : given) / most;
    integers[i] = static_cast<std::int32_t>(rounded(w * full));
  }
}

InputCode input_code(const Input& input, double full_scale, bool is_signed) {
  InputCode code{.full_scale = full_scale, .is_signed = is_signed};
  if (input.bits == 0) return code;
  const int m = code.magnitude_bits = is_signed ? input.bits - 1 : input.bits;
  assert(m > 0);
  const int s = code.slice_bits = input.slice_bits > 0 ? input.slice_bits : m;
  code.slices = ceil_of_ratio(m, s);
  code.final_factor = levels(s) * std::ldexp(1.0, s * code.slices - m) * std::ldexp(1.0, m) / levels(m);
  return code;
}

double InputCode::slice_weight(int k) const {
  return slice_bits == 0 ? 1 : std::ldexp(final_factor, -slice_bits * (slices - k));
}

int input_level(const InputCode& code, double x) {
  const double clipped = std::clamp(x / code.full_scale, code.is_signed ? -1.0 : 0.0, 1.0);
  return static_cast<int>(std::nearbyint(clipped * levels(code.magnitude_bits)));
}

double input_value(const InputCode& code, double x) {
  if (code.magnitude_bits > 0) return input_level(code, x) / levels(code.magnitude_bits);
  return std::clamp(x / code.full_scale, code.is_signed ? -1.0 : 0.0, 1.0);
}

double input_digit(const InputCode& code, int level, int k) {
  const int shift = std::min(code.slice_bits * k, 30);
  const int digit = (std::abs(level) >> shift) & ((1 << code.slice_bits) - 1);
  return digit / levels(code.slice_bits) * (level < 0 ? -1 : 1);
}

/// Bits of magnitudes are in the order of the magnitudes, and integers are compared many at a time.
float largest_magnitude(std::span<const float> values) {
  std::int32_t largest = 0;
  for (const float v : values) largest = std::max(largest, std::bit_cast<std::int32_t>(v) & 0x7fffffff);
  return std::bit_cast<float>(largest);
}

double quantile(std::span<double> values, double p) {
  assert(!values.empty());
  const double at = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), middle, values.end());
  const double low = *middle;
  if (below + 1 >= values.size()) return low;
  const double high = *std::min_element(middle + 1, values.end());
  return low + (at - static_cast<double>(below)) * (high - low);
}

}  // namespace mho::array
