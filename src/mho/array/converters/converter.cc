#include "mho/array/converters/converter.h"

#include <algorithm>
#include <cmath>

#include "mho/array/converters/tie.h"

namespace mho::array {
namespace {

bool is_structured(AdcKind kind) {
  return kind == AdcKind::ramp || kind == AdcKind::sar || kind == AdcKind::pipeline ||
         kind == AdcKind::cyclic;
}

double amplification(const Adc& adc) { return std::pow(10.0, adc.gain_db / 20); }

/// Standard normal numbers in order.
class Normals {
 public:
  Normals(const core::RandomKey& key, std::uint64_t draw) : key_(key), draw_(draw) {}
  double next() {
    float n = 0;
    core::fill_normal(key_, draw_, at_++, {&n, 1});
    return n;
  }

 private:
  core::RandomKey key_;
  std::uint64_t draw_;
  std::uint64_t at_ = 0;
};

/// A capacitor of `units` unit capacitors, each with relative standard deviation `sigma`.
double capacitor(double units, double sigma, Normals& normals) {
  return sigma > 0 ? units + sigma * std::sqrt(units) * normals.next() : units;
}

/// One capacitor DAC makes the ramp for all columns: code c selects |c - 2^(bits-1)| units of a binary
/// array against the feedback capacitor of 2^(bits-1) units.
std::vector<double> ramp_levels(const Adc& adc, double v_max, Normals normals) {
  const int half = 1 << (adc.bits - 1);
  std::vector<double> capacitors(adc.bits);
  for (int n = 0; n < adc.bits; ++n) {
    capacitors[n] = capacitor(std::ldexp(1.0, n), adc.sigma_capacitor, normals);
  }
  std::vector<double> levels(2 * half);
  for (int c = 0; c < 2 * half; ++c) {
    const int selected = std::abs(c - half);
    double units = 0;
    for (int n = 0; n < adc.bits; ++n) units += (selected >> n & 1) ? capacitors[n] : 0;
    const double level = (c < half ? -units : units) * v_max / half + v_max / (2 * half);
    const double beta = half / (half + units);
    levels[c] = level / (1 + 1 / (amplification(adc) * beta));
  }
  return levels;
}

/// Levels of a split capacitor DAC: the lower floor(bits/2) capacitors, with a unit capacitor that ends
/// them, hang on the upper ones by a bridge of 2^h/(2^h-1) units. Charge is conserved on both nodes.
std::vector<double> sar_levels(const Adc& adc, double v_max, Normals& normals) {
  const int h = adc.bits / 2;
  const double sigma = adc.sigma_capacitor;
  std::vector<double> lower(h), upper(adc.bits - h);
  for (int n = 0; n < h; ++n) lower[n] = capacitor(std::ldexp(1.0, n), sigma, normals);
  for (int n = 0; n < adc.bits - h; ++n) upper[n] = capacitor(std::ldexp(1.0, n), sigma, normals);
  const double full = std::ldexp(1.0, h);
  const double end = capacitor(1, sigma, normals);
  const double bridge = h > 0 ? capacitor(full / (full - 1), sigma, normals) : 0;
  double lower_sum = end, upper_sum = h > 0 ? 0 : end;
  for (const double c : lower) lower_sum += c;
  for (const double c : upper) upper_sum += c;

  const int codes = 1 << adc.bits;
  std::vector<double> levels(codes);
  for (int c = 0; c < codes; ++c) {
    double charge_low = 0, charge_high = 0;
    for (int n = 0; n < h; ++n) charge_low += (c >> n & 1) ? lower[n] : 0;
    for (int n = h; n < adc.bits; ++n) charge_high += (c >> n & 1) ? upper[n - h] : 0;
    // (lower_sum + bridge)·v_low - bridge·v_high = charge_low, (upper_sum + bridge)·v_high - bridge·v_low =
    // charge_high
    const double v_high = (charge_high + bridge * charge_low / (lower_sum + bridge)) /
                          (upper_sum + bridge - bridge * bridge / (lower_sum + bridge));
    const double level = (2 * v_high - 1) * v_max + v_max / codes;
    levels[c] = level / (1 + 1 / amplification(adc));
  }
  return levels;
}

Stage stage(const Adc& adc, double v_max, Normals& capacitors, Normals& comparators) {
  Stage s;
  const double c1 = capacitor(1, adc.sigma_capacitor, capacitors);
  const double c2 = capacitor(1, adc.sigma_capacitor, capacitors);
  s.capacitor_ratio = c2 / c1;
  s.loss = 1 + (c1 + c2) / (c1 * amplification(adc));
  if (adc.sigma_comparator > 0) {
    s.offset_high = adc.sigma_comparator * v_max * comparators.next();
    s.offset_low = adc.sigma_comparator * v_max * comparators.next();
  }
  return s;
}

/// Rounds halves to even. What lies within kTie of a tie is one: it comes from the order of a sum.
double rounded(double steps) { return std::nearbyint(std::nearbyint(steps * 0.5 / kTie) * 2 * kTie); }

double uniform(const Converters& c, double current) {
  return rounded((current - c.range.lo) * c.steps) / c.steps + c.range.lo;
}

double code_value(const Converters& c, double code) {
  const double codes = std::ldexp(1.0, c.bits);
  return 2 * c.v_max * code / codes - c.v_max * (codes - 1) / codes;
}

double ramp(const Converters& c, std::size_t column, double current) {
  const double seen = current + (c.ramp_offsets.empty() ? 0 : c.ramp_offsets[column]);
  const auto nearest =
      std::min_element(c.ramp_levels.begin(), c.ramp_levels.end(),
                       [seen](double a, double b) { return std::abs(a - seen) < std::abs(b - seen); });
  return code_value(c, static_cast<double>(nearest - c.ramp_levels.begin()));
}

double sar(const Converters& c, const SarConverter& s, double current) {
  const double seen = current + s.offset + c.v_max / std::ldexp(1.0, c.bits);
  int code = 0;
  for (int bit = 1 << (c.bits - 1); bit > 0; bit >>= 1) {
    if (seen > s.levels[code | bit]) code |= bit;
  }
  return code_value(c, code);
}

double staged(const Converters& c, const StageConverter& s, double current) {
  double v = current;
  double sum = 0;
  for (int k = c.bits - 1; k > 0; --k) {
    const Stage& st = s.stages[s.stages.size() == 1 ? 0 : c.bits - 1 - k];
    const int d = v > c.v_max / 4 + st.offset_high ? 1 : v < -c.v_max / 4 + st.offset_low ? -1 : 0;
    v = ((1 + st.capacitor_ratio) * v - d * c.v_max * st.capacitor_ratio) / st.loss;
    sum += std::ldexp(d, k);
  }
  sum += v > s.sign_offset ? 1 : -1;
  return c.v_max / std::ldexp(1.0, c.bits) * sum;
}

}  // namespace

Interval automatic_range(const Adc& adc, const RangeQuestion& q) {
  const bool symmetric = q.signed_currents || adc.kind == AdcKind::sign_magnitude;
  if (adc.range == Adc::Range::automatic) return {symmetric ? -1.0 : 0.0, 1.0};
  if (adc.range == Adc::Range::max) {
    const auto n = static_cast<double>(q.lines);
    return {symmetric ? -n : 0, n};
  }
  const double step = q.correction / (std::ldexp(1.0, q.step_bits) - 1);
  const double hi = step * (std::ldexp(1.0, symmetric ? adc.bits - 1 : adc.bits) - 1);
  return {symmetric ? -hi : 0, hi};
}

Converters make_converters(const Adc& adc, Interval range, std::size_t columns, const core::RandomKey& key) {
  Converters c;
  c.kind = adc.kind;
  c.bits = adc.bits;
  c.range = range;
  if (adc.kind == AdcKind::ideal) return c;
  const double codes = std::ldexp(1.0, adc.bits);
  c.v_max = std::max(std::abs(range.lo), std::abs(range.hi));
  if (is_structured(adc.kind)) c.range = {-c.v_max, c.v_max};
  c.steps = adc.kind == AdcKind::uniform          ? (codes - 1) / (range.hi - range.lo)
            : adc.kind == AdcKind::sign_magnitude ? (codes - 2) / (range.hi - range.lo)
                                                  : codes / (2 * c.v_max);
  c.noise = adc.noise_lsb / c.steps;
  if (!is_structured(adc.kind)) return c;

  Normals capacitors(key, 0), comparators(key, 1);
  if (adc.kind == AdcKind::ramp) {
    c.ramp_levels = ramp_levels(adc, c.v_max, capacitors);
    if (adc.sigma_comparator > 0) {
      c.ramp_offsets.resize(columns);
      for (double& offset : c.ramp_offsets) offset = adc.sigma_comparator * c.v_max * comparators.next();
    }
    return c;
  }
  const bool alike = adc.sigma_capacitor == 0 && adc.sigma_comparator == 0;
  c.group_columns = alike ? std::max<std::size_t>(columns, 1) : adc.group_columns;
  const std::size_t groups = (columns + c.group_columns - 1) / c.group_columns;
  for (std::size_t g = 0; g < groups; ++g) {
    if (adc.kind == AdcKind::sar) {
      c.sar.push_back({.levels = sar_levels(adc, c.v_max, capacitors)});
      if (adc.sigma_comparator > 0) {
        c.sar.back().offset = adc.sigma_comparator * c.v_max * comparators.next();
      }
      continue;
    }
    StageConverter s;
    const int stages = adc.kind == AdcKind::cyclic ? 1 : adc.bits - 1;
    for (int k = 0; k < stages; ++k) s.stages.push_back(stage(adc, c.v_max, capacitors, comparators));
    if (adc.sigma_comparator > 0) s.sign_offset = adc.sigma_comparator * c.v_max * comparators.next();
    c.staged.push_back(std::move(s));
  }
  return c;
}

double convert(const Converters& c, std::size_t column, double current) {
  if (c.kind == AdcKind::ideal) return current;
  const double clipped = std::clamp(current, c.range.lo, c.range.hi);
  switch (c.kind) {
    case AdcKind::ideal:
      break;
    case AdcKind::uniform:
      return uniform(c, clipped);
    case AdcKind::sign_magnitude:
      return rounded(clipped * c.steps) / c.steps;
    case AdcKind::ramp:
      return ramp(c, column, clipped - tie(c, clipped));
    case AdcKind::sar:
      return sar(c, c.sar[column / c.group_columns], clipped - tie(c, clipped));
    case AdcKind::pipeline:
    case AdcKind::cyclic:
      return staged(c, c.staged[column / c.group_columns], clipped - tie(c, clipped));
  }
  return current;
}

}  // namespace mho::array
