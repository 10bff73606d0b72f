#include "mho/array/calibration/column_gain.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace mho::array {
namespace {

constexpr int kMantissaBits = 4;
constexpr int kLeastExponent = -8, kMostExponent = 11;
constexpr std::int64_t kFirst = std::int64_t{127 + kLeastExponent} << kMantissaBits;
constexpr std::size_t kBins = std::size_t{kMostExponent - kLeastExponent} << kMantissaBits;

/// Smaller magnitudes share the first bin, larger ones the last.
std::size_t bin_of(float magnitude) {
  const std::int64_t bin = (std::bit_cast<std::uint32_t>(magnitude) >> (23 - kMantissaBits)) - kFirst;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(bin, 0, kBins - 1));
}

double upper_edge(std::size_t bin) {
  const auto bits =
      static_cast<std::uint32_t>((kFirst + static_cast<std::int64_t>(bin) + 1) << (23 - kMantissaBits));
  return std::bit_cast<float>(bits);
}

/// The magnitude that at most `beyond` of the counted numbers exceed, interpolated within its bin; 0 where it
/// lies in the first bin, which says nothing of a size.
template <typename Count>
double magnitude_exceeded_by(double beyond, const Count& count) {
  double above = 0;
  for (std::size_t bin = kBins; --bin > 0;) {
    const double here = count(bin);
    if (here > 0 && above + here >= beyond) {
      const double high = upper_edge(bin), low = upper_edge(bin - 1);
      return high - (beyond - above) / here * (high - low);
    }
    above += here;
  }
  return 0;
}

}  // namespace

Interval with_zero(Interval range) { return {std::min(range.lo, 0.0), std::max(range.hi, 0.0)}; }

CurrentsOfOutputs::CurrentsOfOutputs(std::size_t slices, std::size_t outputs)
    : slices_(slices), outputs_(outputs), counts_(slices * outputs * 2 * kBins) {}

std::span<std::uint32_t> CurrentsOfOutputs::histogram(std::size_t slice, std::size_t output) {
  return std::span(counts_).subspan((slice * outputs_ + output) * 2 * kBins, 2 * kBins);
}

std::span<const std::uint32_t> CurrentsOfOutputs::histogram(std::size_t slice, std::size_t output) const {
  return std::span(counts_).subspan((slice * outputs_ + output) * 2 * kBins, 2 * kBins);
}

void CurrentsOfOutputs::add(const ColumnCurrents& seen, std::size_t first_output) {
  for (std::size_t j = 0; seen.unit + j < seen.currents.size(); ++j) {
    const float current = seen.currents[seen.unit + j];
    const auto counts = histogram(seen.slice, first_output + seen.first + j);
    const std::size_t bin = (current < 0 ? 0 : kBins) + bin_of(std::abs(current));
    std::atomic_ref(counts[bin]).fetch_add(1, std::memory_order_relaxed);
  }
}

std::vector<float> CurrentsOfOutputs::gains(std::span<const Interval> ranges, double percentile,
                                            std::size_t fewest) const {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  std::vector<float> gains(outputs_);
  for (std::size_t output = 0; output < outputs_; ++output) {
    double gain = kNone;
    const auto fit = [&](double end, double magnitude) {
      if (magnitude > 0 && end > 0) gain = std::min(gain, end / magnitude);
    };
    for (std::size_t slice = 0; slice < slices_; ++slice) {
      const auto counts = histogram(slice, output);
      const Interval range = ranges[ranges.size() == 1 ? 0 : slice];
      // What is next to nothing does not count: an output that is silent mostly is large when it is not.
      const double count = std::accumulate(counts.begin(), counts.end(), 0.0) - counts[0] - counts[kBins];
      if (count < static_cast<double>(fewest)) {
        gain = kNone;
        break;
      }
      const double beyond = (1 - percentile / 100) * count;
      const auto negative = [&](std::size_t bin) { return 1.0 * counts[bin]; };
      const auto positive = [&](std::size_t bin) { return 1.0 * counts[kBins + bin]; };
      if (range.lo == -range.hi) {
        fit(range.hi,
            magnitude_exceeded_by(beyond, [&](std::size_t b) { return negative(b) + positive(b); }));
      } else {
        fit(range.hi, magnitude_exceeded_by(beyond, positive));
        fit(-range.lo, magnitude_exceeded_by(beyond, negative));
      }
    }
    gains[output] = gain == kNone ? 1 : static_cast<float>(gain);
  }
  return gains;
}

}  // namespace mho::array
