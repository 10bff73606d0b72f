#include "mho/core/picture/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace mho::core {
namespace {

constexpr std::string_view kMinus = "\u2212";

std::string superscript(int number) {
  constexpr std::array<std::string_view, 10> digits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = number < 0 ? "⁻" : "";
  for (const char c : std::to_string(std::abs(number))) out += digits[static_cast<std::size_t>(c - '0')];
  return out;
}

/// A positive number as a factor and a power of ten.
std::string power_text(double size) {
  const int exponent = static_cast<int>(std::floor(std::log10(size) + 1e-9));
  const double factor = size / std::pow(10.0, exponent);
  const std::string power = "10" + superscript(exponent);
  return std::abs(factor - 1) < 1e-6 ? power : fmt::format("{:.3g}·{}", factor, power);
}

std::vector<double> linear_ticks(double lo, double hi, int count) {
  const double raw = (hi - lo) / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double nice : {1.0, 2.0, 2.5, 5.0}) {
    if (nice * power >= raw * (1 - 1e-9)) {
      step = nice * power;
      break;
    }
  }
  std::vector<double> out;
  const double first = std::ceil(lo / step - 1e-9);
  for (double k = first; k * step <= hi + 1e-9 * step; ++k) out.push_back(k == 0 ? 0 : k * step);
  return out;
}

}  // namespace

double Scale::operator()(double v) const {
  const double share = logarithmic ? std::log(v / lo) / std::log(hi / lo) : (v - lo) / (hi - lo);
  return from + (to - from) * share;
}

bool Scale::can_show(double v) const { return std::isfinite(v) && (!logarithmic || v > 0); }

std::vector<double> ticks(double lo, double hi, int count, bool logarithmic) {
  if (!logarithmic) return linear_ticks(lo, hi, count);
  const int first = static_cast<int>(std::ceil(std::log10(lo) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(hi) + 1e-9));
  const int every = std::max(1, (last - first + count) / count);
  std::vector<double> out;
  for (int k = first; k <= last; k += every) out.push_back(std::pow(10.0, k));
  if (out.size() >= 3) return out;
  out.clear();
  for (int k = first - 1; k <= last; ++k) {
    for (const double m : {1.0, 2.0, 5.0}) {
      const double v = m * std::pow(10.0, k);
      if (v >= lo * (1 - 1e-9) && v <= hi * (1 + 1e-9)) out.push_back(v);
    }
  }
  return out.size() >= 2 ? out : linear_ticks(lo, hi, count);
}

std::string tick_text(double value, double step) {
  const double size = std::abs(value);
  if (size <= step * 1e-6) return "0";
  const bool small = step > 0 ? step < 1e-4 * (1 - 1e-9) : size < 1e-3 * (1 - 1e-9);
  std::string out;
  if (small || size > 1e5 * (1 - 1e-9)) {
    out = power_text(size);
  } else if (step > 0) {
    int decimals = 0;
    for (double s = step; decimals < 9 && std::abs(s - std::round(s)) > 1e-6 * s; s *= 10) ++decimals;
    out = fmt::format("{:.{}f}", size, decimals);
  } else {
    out = fmt::format("{:.4g}", size);
  }
  return value < 0 ? std::string(kMinus) + out : out;
}

}  // namespace mho::core
