#pragma once
// Ranges of inputs and converters from data: quantiles of what really occurs.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mho/array/product.h"
#include "mho/array/settings.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// The distribution of any number of numbers, in bounded memory. Exact up to 65,536 of them, then a
/// histogram whose bins are 2^-9 of their value wide, in which quantiles interpolate. What it says depends
/// only on the numbers, not on their order nor on how they were spread over sketches that were merged.
class Distribution {
 public:
  void add(std::span<const float> values);
  void merge(const Distribution& other);

  std::uint64_t count() const { return count_; }
  /// Interpolated linearly between neighbours: quantile(0) is the least, quantile(1) the largest number.
  /// 0 where there is none.
  double quantile(double p) const;
  /// The same of their magnitudes.
  double quantile_of_magnitude(double p) const;

 private:
  void fold();  // from exact numbers to the histogram
  double in_histogram(double p, bool magnitudes) const;

  std::uint64_t count_ = 0;
  std::vector<float> exact_;              // while few
  std::vector<std::uint64_t> histogram_;  // empty while few; magnitudes of negative numbers, then the others
  float least_ = 0, largest_ = 0;
};

/// Column currents of one matrix, by weight slice. One a thread; merge them.
class CurrentDistributions final : public CurrentObserver {
 public:
  explicit CurrentDistributions(int slices) : slices_(slices) {}
  void see(std::size_t slice, std::span<const float> currents) override { slices_[slice].add(currents); }
  void merge(const CurrentDistributions& other);
  const Distribution& slice(std::size_t i) const { return slices_[i]; }

  /// A range for each weight slice that leaves out 1 - percentile/100 of its currents: symmetric about 0
  /// where currents have both signs or the converter needs it, else the quantiles at both ends.
  std::vector<Interval> ranges(double percentile, bool symmetric) const;

 private:
  std::vector<Distribution> slices_;
};

/// Inputs are signed, pairs are subtracted in wires, or the converter's range is symmetric by nature.
bool symmetric_range(const Settings& settings, bool input_signed);

/// Full scale of inputs: the given one, or percentile [%] of |x|; 1 where all are 0. And their sign.
Ranges input_ranges(const Input& input, const core::MatrixView<const float>& x, double percentile);

/// The ADC ranges that these inputs ask for, from the currents of `matrix` in that direction with the input
/// range of `ranges`. Empty where the settings need none.
std::vector<Interval> calibrated_adc_ranges(const std::shared_ptr<const ProgrammedMatrix>& matrix,
                                            core::MatrixView<const float> x, const Ranges& ranges,
                                            Direction direction, double percentile);

}  // namespace mho::array
