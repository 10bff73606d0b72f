// Structured converters as staircases: the intervals of current that lead to each code.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "mho/array/converters/converter.h"
#include "mho/array/converters/tie.h"

namespace mho::array {
namespace {

/// Steps from the lowest current to the highest, those of no width left out.
class Steps {
 public:
  void add(double from, double value) {
    const auto threshold = static_cast<float>(from);
    if (stairs_.values.empty()) {
      stairs_.values.push_back(static_cast<float>(value));
      return;
    }
    if (static_cast<float>(value) == stairs_.values.back()) return;
    stairs_.thresholds.push_back(threshold);
    stairs_.values.push_back(static_cast<float>(value));
  }
  Staircase take() { return std::move(stairs_); }

 private:
  Staircase stairs_;
};

double code_value(const Converters& c, double code) {
  const double codes = std::ldexp(1.0, c.bits);
  return 2 * c.v_max * code / codes - c.v_max * (codes - 1) / codes;
}

/// Codes in the order of their levels; each from half way to the one below.
void ramp(const Converters& c, std::size_t column, Steps& steps) {
  const double offset = c.ramp_offsets.empty() ? 0 : c.ramp_offsets[column];
  std::vector<std::size_t> order(c.ramp_levels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return c.ramp_levels[a] < c.ramp_levels[b]; });
  double below = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double above = i + 1 < order.size()
                             ? (c.ramp_levels[order[i]] + c.ramp_levels[order[i + 1]]) / 2 - offset
                             : std::numeric_limits<double>::infinity();
    if (above > below) steps.add(below, code_value(c, static_cast<double>(order[i])));
    below = std::max(below, above);
  }
}

/// The part of the search tree below `code` that currents in (lo, hi] reach.
void sar(const Converters& c, const SarConverter& s, int code, int bit, double lo, double hi, Steps& steps) {
  if (!(lo < hi)) return;
  if (bit == 0) {
    steps.add(lo, code_value(c, code));
    return;
  }
  const double threshold = s.levels[code | bit] - s.offset - c.v_max / std::ldexp(1.0, c.bits);
  sar(c, s, code, bit >> 1, lo, std::min(hi, threshold), steps);
  sar(c, s, code | bit, bit >> 1, std::max(lo, threshold), hi, steps);
}

/// The same for stages: the residue at bit k is slope·current + shift, and `sum` what the stages before gave.
void staged(const Converters& c, const StageConverter& s, int k, double slope, double shift, double sum,
            double lo, double hi, Steps& steps) {
  if (!(lo < hi)) return;
  const double lsb = c.v_max / std::ldexp(1.0, c.bits);
  const auto current_at = [&](double residue) { return (residue - shift) / slope; };
  if (k == 0) {
    const double threshold = current_at(s.sign_offset);
    if (lo < threshold) steps.add(lo, lsb * (sum - 1));
    if (threshold < hi) steps.add(std::max(lo, threshold), lsb * (sum + 1));
    return;
  }
  const Stage& st = s.stages[s.stages.size() == 1 ? 0 : c.bits - 1 - k];
  const double high = current_at(c.v_max / 4 + st.offset_high);
  const double low = std::min(current_at(-c.v_max / 4 + st.offset_low), high);
  const auto next = [&](int d, double from, double to) {
    staged(c, s, k - 1, slope * (1 + st.capacitor_ratio) / st.loss,
           ((1 + st.capacitor_ratio) * shift - d * c.v_max * st.capacitor_ratio) / st.loss,
           sum + std::ldexp(d, k), from, to, steps);
  };
  next(-1, lo, std::min(hi, low));
  next(0, std::max(lo, low), std::min(hi, high));
  next(1, std::max(lo, high), hi);
}

}  // namespace

Staircase staircase(const Converters& c, std::size_t column) {
  Steps steps;
  // Beyond ±v_max currents are clipped: nothing changes there.
  if (c.kind == AdcKind::ramp) {
    ramp(c, column, steps);
  } else if (c.kind == AdcKind::sar) {
    sar(c, c.sar[column / c.group_columns], 0, 1 << (c.bits - 1), -c.v_max, c.v_max, steps);
  } else {
    staged(c, c.staged[column / c.group_columns], c.bits - 1, 1, 0, 0, -c.v_max, c.v_max, steps);
  }
  Staircase stairs = steps.take();
  for (float& threshold : stairs.thresholds)
    threshold = static_cast<float>(threshold + tie(c, threshold));  // what lies on it is below it
  return stairs;
}

}  // namespace mho::array
