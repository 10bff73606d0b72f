#pragma once
// Ranges of inputs and converters from data: quantiles of what really occurs.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mho/array/calibration/column_gain.h"
#include "mho/array/mapping/settings.h"
#include "mho/array/reading/product.h"
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

  void count(float value);
  std::uint64_t counted(std::size_t bin) const;

  std::uint64_t count_ = 0;
  std::vector<float> exact_;  // while few
  // Of magnitudes of negative numbers, then of the others, by octave; none while few, and an octave in which
  // nothing lies takes no room.
  std::vector<std::vector<std::uint64_t>> histogram_;
  float least_ = 0, largest_ = 0;
};

/// Column currents of one matrix, by weight slice. One a thread; merge them.
class CurrentDistributions {
 public:
  explicit CurrentDistributions(int slices) : slices_(slices) {}
  void add(const ColumnCurrents& seen) { slices_[seen.slice].add(seen.currents); }
  void merge(const CurrentDistributions& other);
  const Distribution& slice(std::size_t i) const { return slices_[i]; }

  /// A range for each weight slice that leaves out 1 - percentile/100 of its currents: symmetric about 0
  /// where currents have both signs or the converter needs it, else the quantiles at both ends.
  std::vector<Interval> ranges(double percentile, bool symmetric) const;

 private:
  std::vector<Distribution> slices_;
};

/// Counts the currents of a matrix whose outputs are those of a layer from `first_output` on.
class CurrentCounter final : public CurrentObserver {
 public:
  /// `outputs`: null where outputs have no gains.
  CurrentCounter(CurrentDistributions& all, CurrentsOfOutputs* outputs, std::size_t first_output)
      : all_(all), outputs_(outputs), first_output_(first_output) {}
  void see(const ColumnCurrents& seen) override {
    all_.add(seen);
    if (outputs_ != nullptr) outputs_->add(seen, first_output_);
  }

 private:
  CurrentDistributions& all_;
  CurrentsOfOutputs* outputs_;
  std::size_t first_output_;
};

/// Sets the converters' ranges, and the outputs' gains where `outputs` is not null, from what was counted; an
/// output with fewer than `fewest` currents has no gain.
void set_adc_ranges(const Settings& settings, const CurrentDistributions& all,
                    const CurrentsOfOutputs* outputs, double percentile, std::size_t fewest, Ranges& ranges);

/// Inputs are signed, pairs are subtracted in wires, or the converter's range is symmetric by nature.
bool symmetric_range(const Settings& settings, bool input_signed);

/// Full scale of inputs: the given one, or percentile [%] of |x|; 1 where all are 0. And their sign.
Ranges input_ranges(const Input& input, const core::MatrixView<const float>& x, double percentile);

/// The converters' ranges must be found from currents.
bool needs_calibration(const Adc& adc);

/// `ranges` with the converters' ranges and gains that these inputs ask for, from the currents of `matrix` in
/// that direction with the input range of `ranges`. As they are where the settings need none.
Ranges with_adc_calibrated(const std::shared_ptr<const ProgrammedMatrix>& matrix,
                           core::MatrixView<const float> x, Ranges ranges, Direction direction,
                           double percentile);

}  // namespace mho::array
