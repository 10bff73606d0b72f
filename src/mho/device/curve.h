#pragma once
// A function of one number as device cards write it: sigma(G), a drift map, nu(G), a nonlinearity.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mho/core/config.h"

namespace mho::device {

/// y = f(x), clamped to [min, max]. Made by read_curve or one of the makers below.
struct Curve {
  enum class Form : std::uint8_t {
    polynomial,  ///< sum over k of p[k]·x^k
    saturating,  ///< p[0]·(1 - exp(-x/p[1]))
    inverse,     ///< p[0]/x
    power,       ///< p[0]·x^p[1]
    logarithm,   ///< p[0]·ln(x) + p[1]
    points,      ///< straight lines through (p[2k], p[2k+1]), the end ones continued
    two_pieces,  ///< pieces[0] below x = p[0], pieces[1] from there on
  };
  Form form = Form::polynomial;
  std::vector<double> p;
  std::vector<Curve> pieces;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();

  double operator()(double x) const;
  /// y[i] = f(x[i]), to float's precision. x and y must not overlap. [x.size() == y.size()]
  void evaluate(std::span<const float> x, std::span<float> y) const;
  /// The curve y_scale·f(x_scale·x): a change of units, or of size. [x_scale > 0, y_scale ≥ 0]
  Curve in_units(double x_scale, double y_scale) const;
  /// Zero everywhere.
  bool vanishes() const;

 private:
  void evaluate_pieces(std::span<const float> x, std::span<float> y) const;
};

Curve polynomial(std::vector<double> coefficients);

/// The curve whose parameters lie between those of `a` (weight 0) and `b` (weight 1); weights outside
/// [0, 1] extrapolate. Nothing where the two are not of the same form.
std::optional<Curve> between(const Curve& a, const Curve& b, double weight);

/// Reads `key` of `block` as a curve: { polynomial = [c0, c1, …] }, { saturating = [height, scale] },
/// { inverse = c }, { power = [c, exponent] }, { logarithm = [slope, offset] },
/// { points = [[x, y], …] } or { below = x, low = {…}, high = {…} }, each with `min` and `max` if wanted.
/// Nothing where the key is absent or wrong (then there is a complaint).
std::optional<Curve> read_curve(const core::ConfigTable& block, std::string_view key);

}  // namespace mho::device
