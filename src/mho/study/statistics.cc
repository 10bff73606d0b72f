#include "mho/study/statistics.h"

#include <cassert>
#include <cmath>
#include <limits>

#include "mho/core/error.h"

namespace mho::study {
namespace {

/// Continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method.
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  double c = 1;
  double d = 1 / (1 - (a + b) * x / (a + 1));
  double value = d;
  for (int m = 1; m < 10000; ++m) {
    for (const double term : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                              -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
      d = 1 + term * d;
      c = 1 + term / c;
      if (std::abs(d) < kTiny) d = kTiny;
      if (std::abs(c) < kTiny) c = kTiny;
      d = 1 / d;
      value *= c * d;
    }
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return value;
}

/// Regularized incomplete beta function I_x(a, b) (DLMF 8.17).
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace

double student_t_quantile(double probability, double degrees) {
  assert(probability > 0 && probability < 1 && degrees > 0);
  if (probability < 0.5) return -student_t_quantile(1 - probability, degrees);
  const double tail = 2 * (1 - probability);  // P(|T| > x) = I_{ν/(ν+x²)}(ν/2, 1/2)
  double lo = 0;
  double hi = 1;
  while (incomplete_beta(degrees / 2, 0.5, degrees / (degrees + hi * hi)) > tail) hi *= 2;
  for (int i = 0; i < 200 && hi - lo > 1e-13 * hi; ++i) {
    const double x = (lo + hi) / 2;
    (incomplete_beta(degrees / 2, 0.5, degrees / (degrees + x * x)) > tail ? lo : hi) = x;
  }
  return (lo + hi) / 2;
}

Estimate estimate(std::span<const double> trials) {
  if (trials.empty()) throw core::InvalidInput("an estimate needs at least one trial");
  Estimate out;
  out.trials.assign(trials.begin(), trials.end());
  const auto n = static_cast<double>(trials.size());
  for (const double x : trials) out.mean += x / n;
  if (trials.size() == 1) {
    out.std = out.ci_lo = out.ci_hi = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  double squares = 0;
  for (const double x : trials) squares += (x - out.mean) * (x - out.mean);
  out.std = std::sqrt(squares / (n - 1));
  const double half = student_t_quantile(0.975, n - 1) * out.std / std::sqrt(n);
  out.ci_lo = out.mean - half;
  out.ci_hi = out.mean + half;
  return out;
}

Estimate certain(double value, std::size_t trials) {
  return {value, 0, value, value, std::vector<double>(trials, value)};
}

}  // namespace mho::study
