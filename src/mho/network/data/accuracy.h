#pragma once
// How good answers are: what "top 1", "top 5" and the signal-to-error ratio mean here.

#include <cstddef>
#include <span>

namespace mho::network {

/// Place of the labelled output among all, 0 the largest: outputs that are larger, and equal ones with a
/// lower index, come before it. An output that is no number has the last place. `label` < outputs.size().
std::size_t rank_of(std::span<const float> outputs, std::size_t label);

/// Mean of (a - b)² over all elements.
double mean_squared_error(std::span<const float> a, std::span<const float> b);

/// Sums behind a signal-to-error ratio.
struct SignalAndError {
  double signal = 0;  ///< Σ y²
  double error = 0;   ///< Σ (y - ŷ)²

  void add(std::span<const float> exact, std::span<const float> computed);
  void add(const SignalAndError& other);
  /// 10·log10(signal/error); +inf without error.
  double decibel() const;
};

}  // namespace mho::network
