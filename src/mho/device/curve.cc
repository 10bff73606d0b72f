#include "mho/device/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "mho/device/curve_kernels.h"

namespace mho::device {
namespace {

double line_through(const std::vector<double>& p, std::size_t k, double x) {
  const double x0 = p[2 * k], y0 = p[2 * k + 1], x1 = p[2 * k + 2], y1 = p[2 * k + 3];
  return y0 + (x - x0) * (y1 - y0) / (x1 - x0);
}

double on_points(const std::vector<double>& p, double x) {
  std::size_t k = 0;
  while (2 * k + 4 < p.size() && x > p[2 * k + 2]) ++k;
  return line_through(p, k, x);
}

}  // namespace

double Curve::operator()(double x) const {
  double y = 0;
  switch (form) {
    case Form::polynomial:
      for (std::size_t k = p.size(); k-- > 0;) y = y * x + p[k];
      break;
    case Form::saturating:
      y = -p[0] * std::expm1(-x / p[1]);
      break;
    case Form::inverse:
      y = p[0] / x;
      break;
    case Form::power:
      y = p[0] * std::pow(x, p[1]);
      break;
    case Form::logarithm:
      y = p[0] * std::log(x) + p[1];
      break;
    case Form::points:
      y = on_points(p, x);
      break;
    case Form::two_pieces:
      y = pieces[x < p[0] ? 0 : 1](x);
      break;
  }
  return std::clamp(y, min, max);
}

void Curve::evaluate(std::span<const float> x, std::span<float> y) const {
  assert(x.size() == y.size());
  const std::size_t n = x.size();
  switch (form) {
    case Form::polynomial:
      evaluate_polynomial(p.data(), p.size(), x.data(), y.data(), n);
      break;
    case Form::saturating:
      evaluate_saturating(p[0], p[1], x.data(), y.data(), n);
      break;
    case Form::inverse:
      for (std::size_t i = 0; i < n; ++i) y[i] = static_cast<float>(p[0]) / x[i];
      break;
    case Form::power:
      evaluate_power(p[0], p[1], x.data(), y.data(), n);
      break;
    case Form::logarithm:
      evaluate_logarithm(p[0], p[1], x.data(), y.data(), n);
      break;
    case Form::points:
      evaluate_points(p.data(), p.size() / 2, x.data(), y.data(), n);
      break;
    case Form::two_pieces:
      evaluate_pieces(x, y);
      break;
  }
  if (std::isinf(min) && std::isinf(max)) return;
  const auto low = static_cast<float>(min), high = static_cast<float>(max);
  for (float& v : y) v = v < low ? low : (v > high ? high : v);
}

void Curve::evaluate_pieces(std::span<const float> x, std::span<float> y) const {
  constexpr std::size_t kBlock = 256;
  float low[kBlock];
  const auto split = static_cast<float>(p[0]);
  for (std::size_t begin = 0; begin < x.size(); begin += kBlock) {
    const std::size_t n = std::min(kBlock, x.size() - begin);
    const auto at = x.subspan(begin, n);
    pieces[0].evaluate(at, {low, n});
    pieces[1].evaluate(at, y.subspan(begin, n));
    for (std::size_t i = 0; i < n; ++i) y[begin + i] = at[i] < split ? low[i] : y[begin + i];
  }
}

Curve Curve::in_units(double xs, double ys) const {
  assert(xs > 0 && ys >= 0);
  Curve out = *this;
  if (std::isfinite(min)) out.min = min * ys;
  if (std::isfinite(max)) out.max = max * ys;
  switch (form) {
    case Form::polynomial:
      for (std::size_t k = 0; k < p.size(); ++k) out.p[k] = p[k] * std::pow(xs, static_cast<double>(k)) * ys;
      break;
    case Form::saturating:
      out.p = {p[0] * ys, p[1] / xs};
      break;
    case Form::inverse:
      out.p = {p[0] * ys / xs};
      break;
    case Form::power:
      out.p = {p[0] * ys * std::pow(xs, p[1]), p[1]};
      break;
    case Form::logarithm:
      out.p = {p[0] * ys, (p[1] + p[0] * std::log(xs)) * ys};
      break;
    case Form::points:
      for (std::size_t k = 0; k < p.size(); ++k) out.p[k] = k % 2 == 0 ? p[k] / xs : p[k] * ys;
      break;
    case Form::two_pieces:
      out.p = {p[0] / xs};
      for (auto& piece : out.pieces) piece = piece.in_units(xs, ys);
      break;
  }
  return out;
}

bool Curve::vanishes() const {
  const auto zero = [](double v) { return v == 0; };
  if (min > 0 || max < 0) return false;
  switch (form) {
    case Form::polynomial:
      return std::all_of(p.begin(), p.end(), zero);
    case Form::points:
      for (std::size_t k = 1; k < p.size(); k += 2) {
        if (p[k] != 0) return false;
      }
      return true;
    case Form::logarithm:
      return p[0] == 0 && p[1] == 0;
    case Form::two_pieces:
      return pieces[0].vanishes() && pieces[1].vanishes();
    default:
      return p[0] == 0;
  }
}

Curve polynomial(std::vector<double> coefficients) {
  Curve out;
  out.p = std::move(coefficients);
  return out;
}

std::optional<Curve> between(const Curve& a, const Curve& b, double w) {
  if (a.form != b.form || a.pieces.size() != b.pieces.size()) return std::nullopt;
  if (std::isfinite(a.min) != std::isfinite(b.min) || std::isfinite(a.max) != std::isfinite(b.max))
    return std::nullopt;
  Curve out = a;
  const auto mix = [w](double u, double v) { return u == v ? u : u + w * (v - u); };
  const std::size_t n = std::max(a.p.size(), b.p.size());
  if (a.p.size() != b.p.size() && a.form != Curve::Form::polynomial) return std::nullopt;
  out.p.resize(n);
  for (std::size_t k = 0; k < n; ++k)
    out.p[k] = mix(k < a.p.size() ? a.p[k] : 0, k < b.p.size() ? b.p[k] : 0);
  out.min = mix(a.min, b.min);
  out.max = mix(a.max, b.max);
  for (std::size_t k = 0; k < a.pieces.size(); ++k) {
    const auto piece = between(a.pieces[k], b.pieces[k], w);
    if (!piece) return std::nullopt;
    out.pieces[k] = *piece;
  }
  return out;
}

namespace {

using Form = Curve::Form;

struct Word {
  const char* key;
  Form form;
  std::size_t numbers;  // how many parameters; 0: any number
};
constexpr Word kWords[] = {{"polynomial", Form::polynomial, 0},
                           {"saturating", Form::saturating, 2},
                           {"power", Form::power, 2},
                           {"logarithm", Form::logarithm, 2}};

bool read_points(const core::ConfigTable& table, Curve& curve) {
  const auto list = table.any("points", nlohmann::json::array());
  const auto is_pair = [](const nlohmann::json& v) {
    return v.is_array() && v.size() == 2 && v[0].is_number() && v[1].is_number();
  };
  bool good = list.is_array() && list.size() >= 2 && std::all_of(list.begin(), list.end(), is_pair);
  for (std::size_t k = 0; good && k < list.size(); ++k) {
    good = k == 0 || list[k][0].get<double>() > list[k - 1][0].get<double>();
    curve.p.push_back(list[k][0].get<double>());
    curve.p.push_back(list[k][1].get<double>());
  }
  curve.form = Form::points;
  if (!good) table.complain("points", "must be two or more pairs [[x, y], ...] with rising x");
  return good;
}

bool read_form(const core::ConfigTable& table, Curve& curve) {
  for (const auto& word : kWords) {
    if (!table.has(word.key)) continue;
    curve.form = word.form;
    curve.p = table.numbers(word.key, {});
    if (curve.p.empty() || (word.numbers != 0 && curve.p.size() != word.numbers)) {
      table.complain(word.key, word.numbers ? fmt::format("must be {} numbers", word.numbers)
                                            : std::string("must have at least one coefficient"));
      return false;
    }
    if (word.form == Form::saturating && curve.p[1] <= 0) {
      table.complain(word.key, "its second number, the scale, must be above 0");
      return false;
    }
    return true;
  }
  if (table.has("inverse")) {
    curve.form = Form::inverse;
    curve.p = {table.number("inverse", 0)};
    return true;
  }
  if (table.has("points")) return read_points(table, curve);
  curve.form = Form::two_pieces;
  curve.p = {table.number("below", 0)};
  for (const char* key : {"low", "high"}) {
    const auto piece = read_curve(table, key);
    if (!piece) {
      if (!table.has(key)) table.complain("below", fmt::format("needs a curve \"{}\" beside it", key));
      return false;
    }
    curve.pieces.push_back(*piece);
  }
  return true;
}

}  // namespace

std::optional<Curve> read_curve(const core::ConfigTable& block, std::string_view key) {
  if (!block.has(key)) return std::nullopt;
  const auto table = block.table(key);
  if (table.keys().empty()) {
    block.complain(key, "must be a curve such as { polynomial = [0.01, 0.02] }");
    return std::nullopt;
  }
  int forms = 0;
  for (const char* form : {"polynomial", "saturating", "power", "logarithm", "inverse", "points", "below"})
    forms += table.has(form);
  if (forms != 1) {
    block.complain(key,
                   "must have exactly one of polynomial, saturating, inverse, power, logarithm, points, "
                   "below");
    return std::nullopt;
  }
  Curve curve;
  if (!read_form(table, curve)) return std::nullopt;
  curve.min = table.number("min", curve.min);
  curve.max = table.number("max", curve.max);
  if (curve.min > curve.max) {
    table.complain("min", "must not be above max");
    return std::nullopt;
  }
  return curve;
}

}  // namespace mho::device
