#pragma once
// The scales that charts stand on, and the numbers at their ticks.

#include <string>
#include <vector>

namespace mho::core {

/// From data to pixels.
struct Scale {
  double lo = 0;
  double hi = 1;
  double from = 0;
  double to = 1;
  bool logarithmic = false;  ///< lo and hi above 0
  double operator()(double v) const;
  /// Has a place: a finite number, above 0 where the scale is logarithmic.
  bool can_show(double v) const;
};

/// About `count` round numbers within [lo, hi]: 1, 2, 2.5 or 5 × 10^n apart; on a logarithmic scale powers of
/// ten, or 1, 2 and 5 of each where these are few.
std::vector<double> ticks(double lo, double hi, int count, bool logarithmic = false);

/// A tick as text: with no more digits than its neighbours need, `step` apart, or with up to four where step
/// is 0. Large and small ones as powers: "10⁶", "2·10⁻⁵".
std::string tick_text(double value, double step = 0);

}  // namespace mho::core
