#pragma once
// Converters that share a range, and outputs whose currents differ in size: each output's current is
// amplified until it fills the range. Depthwise layers need it most, whose filters each sum a few products.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mho/array/mapping/settings.h"
#include "mho/array/reading/product.h"

namespace mho::array {

/// The range that amplified currents share: holds 0, so that it can be scaled.
Interval with_zero(Interval range);

/// How large the currents of every output of a layer are, per weight slice: histograms of 1/16 octave from
/// 2^-8 to 2^11 V_read·G_on. Any number of threads may add at once; what it says depends only on the numbers.
class CurrentsOfOutputs {
 public:
  CurrentsOfOutputs(std::size_t slices, std::size_t outputs);

  /// Counts output j of `seen` as output first_output + j; unit columns are left out.
  void add(const ColumnCurrents& seen, std::size_t first_output);
  /// For every output the largest gain with which no more than 1 - percentile/100 of its currents (of those
  /// above 2^-8) of any slice lie beyond either end of that slice's range (of both together where the range
  /// is symmetric); 1 where no current ever flows, and where there are not `fewest` numbers to judge by.
  std::vector<float> gains(std::span<const Interval> ranges, double percentile, std::size_t fewest) const;

 private:
  std::span<std::uint32_t> histogram(std::size_t slice, std::size_t output);
  std::span<const std::uint32_t> histogram(std::size_t slice, std::size_t output) const;

  std::size_t slices_, outputs_;
  std::vector<std::uint32_t> counts_;  ///< [slice][output][negative, positive][bin]
};

}  // namespace mho::array
