#include "mho/array/calibration/calibration.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <mutex>
#include <optional>

#include "mho/array/mapping/coding.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/workspace.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

constexpr std::size_t kExact = 1 << 16;

// Magnitudes from 2^-24 to 2^24, nine bits of mantissa; what is smaller shares the first bin, larger the
// last.
constexpr int kMantissaBits = 9;
constexpr int kLeastExponent = -24, kMostExponent = 24;
constexpr std::size_t kBinsAnOctave = std::size_t{1} << kMantissaBits;
constexpr std::size_t kBins = std::size_t{kMostExponent - kLeastExponent} << kMantissaBits;

std::size_t bin_of(float magnitude) {
  constexpr std::int64_t first = std::int64_t{127 + kLeastExponent} << kMantissaBits;
  const std::int64_t bin = (std::bit_cast<std::uint32_t>(magnitude) >> (23 - kMantissaBits)) - first;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(bin, 0, kBins - 1));
}

/// Where bin i begins; the first begins at 0.
double edge(std::size_t i) {
  if (i == 0) return 0;
  const auto bits = static_cast<std::uint32_t>(((std::size_t{127 + kLeastExponent} << kMantissaBits) + i)
                                               << (23 - kMantissaBits));
  return std::bit_cast<float>(bits);
}

}  // namespace

void Distribution::add(std::span<const float> values) {
  if (values.empty()) return;
  const auto [least, largest] = std::minmax_element(values.begin(), values.end());
  least_ = count_ == 0 ? *least : std::min(least_, *least);
  largest_ = count_ == 0 ? *largest : std::max(largest_, *largest);
  count_ += values.size();
  if (histogram_.empty()) {
    exact_.insert(exact_.end(), values.begin(), values.end());
    if (exact_.size() > kExact) fold();
    return;
  }
  for (const float v : values) count(v);
}

void Distribution::count(float value) {
  const std::size_t bin = (value < 0 ? 0 : kBins) + bin_of(std::abs(value));
  auto& octave = histogram_[bin / kBinsAnOctave];
  if (octave.empty()) octave.resize(kBinsAnOctave);
  ++octave[bin % kBinsAnOctave];
}

std::uint64_t Distribution::counted(std::size_t bin) const {
  const auto& octave = histogram_[bin / kBinsAnOctave];
  return octave.empty() ? 0 : octave[bin % kBinsAnOctave];
}

void Distribution::fold() {
  if (!histogram_.empty()) return;
  histogram_.resize(2 * kBins / kBinsAnOctave);
  for (const float v : exact_) count(v);
  exact_ = {};
}

void Distribution::merge(const Distribution& other) {
  if (other.count_ == 0) return;
  if (other.histogram_.empty()) return add(other.exact_);
  fold();
  least_ = count_ == 0 ? other.least_ : std::min(least_, other.least_);
  largest_ = count_ == 0 ? other.largest_ : std::max(largest_, other.largest_);
  count_ += other.count_;
  for (std::size_t o = 0; o < histogram_.size(); ++o) {
    const auto& there = other.histogram_[o];
    histogram_[o].resize(std::max(histogram_[o].size(), there.size()));
    for (std::size_t i = 0; i < there.size(); ++i) histogram_[o][i] += there[i];
  }
}

double Distribution::quantile(double p) const {
  if (count_ == 0) return 0;
  if (!histogram_.empty()) return in_histogram(p, false);
  std::vector<double> all(exact_.begin(), exact_.end());
  return array::quantile(all, p);
}

double Distribution::quantile_of_magnitude(double p) const {
  if (count_ == 0) return 0;
  if (!histogram_.empty()) return in_histogram(p, true);
  std::vector<double> all(exact_.size());
  std::transform(exact_.begin(), exact_.end(), all.begin(), [](float v) { return std::abs(double{v}); });
  return array::quantile(all, p);
}

double Distribution::in_histogram(double p, bool magnitudes) const {
  const double wanted = p * static_cast<double>(count_);
  const double largest = magnitudes ? std::max(std::abs(least_), std::abs(largest_)) : largest_;
  const double least = magnitudes ? 0 : least_;
  double below = 0;
  for (std::size_t i = 0; i < (magnitudes ? kBins : 2 * kBins); ++i) {
    // In increasing order: negative numbers from the largest magnitude down, then the others.
    const bool negative = !magnitudes && i < kBins;
    const std::size_t bin = negative ? kBins - 1 - i : i % kBins;
    const std::uint64_t here =
        magnitudes ? counted(bin) + counted(kBins + bin) : counted(negative ? bin : kBins + bin);
    if (here > 0 && below + static_cast<double>(here) >= wanted) {
      const double part = (wanted - below) / static_cast<double>(here);
      const double low = negative ? -edge(bin + 1) : edge(bin);
      const double high = negative ? -edge(bin) : edge(bin + 1);
      return std::clamp(low + part * (high - low), least, largest);
    }
    below += static_cast<double>(here);
  }
  return largest;
}

void CurrentDistributions::merge(const CurrentDistributions& other) {
  for (std::size_t i = 0; i < slices_.size(); ++i) slices_[i].merge(other.slices_[i]);
}

std::vector<Interval> CurrentDistributions::ranges(double percentile, bool symmetric) const {
  constexpr double kSmallest = 1e-6;  // so that a range has a width where no current ever flows
  const double p = percentile / 100;
  std::vector<Interval> found;
  for (const Distribution& d : slices_) {
    if (symmetric) {
      const double hi = std::max(d.quantile_of_magnitude(p), kSmallest);
      found.push_back({-hi, hi});
    } else {
      const double lo = std::min(d.quantile(1 - p), d.quantile(p));
      found.push_back({lo, std::max(d.quantile(p), lo + kSmallest)});
    }
  }
  return found;
}

bool symmetric_range(const Settings& s, bool input_signed) {
  return input_signed || subtracts_in_wires(s.mapping) || s.adc.kind != AdcKind::uniform;
}

Ranges input_ranges(const Input& input, const core::MatrixView<const float>& x, double percentile) {
  Ranges ranges;
  Distribution all;
  bool negative = false;
  for (std::size_t v = 0; v < x.rows; ++v) {
    all.add(x.row(v));
    for (const float value : x.row(v)) negative = negative || value < 0;
  }
  ranges.input_signed =
      input.signs == Input::Signed::automatic ? negative : input.signs == Input::Signed::yes;
  const double found = all.quantile_of_magnitude(percentile / 100);
  ranges.input = input.range == Input::Range::given ? input.given : found > 0 ? found : 1;
  return ranges;
}

bool needs_calibration(const Adc& adc) {
  return adc.kind != AdcKind::ideal && adc.range == Adc::Range::calibrated;
}

void set_adc_ranges(const Settings& settings, const CurrentDistributions& all,
                    const CurrentsOfOutputs* outputs, double percentile, std::size_t fewest, Ranges& ranges) {
  ranges.adc = all.ranges(percentile, symmetric_range(settings, ranges.input_signed));
  if (outputs == nullptr) return;
  std::transform(ranges.adc.begin(), ranges.adc.end(), ranges.adc.begin(), with_zero);
  ranges.gain = outputs->gains(ranges.adc, percentile, fewest);
}

Ranges with_adc_calibrated(const std::shared_ptr<const ProgrammedMatrix>& matrix,
                           core::MatrixView<const float> x, Ranges ranges, Direction direction,
                           double percentile) {
  const Settings& s = matrix->settings;
  ranges.adc.clear();
  ranges.gain.clear();
  if (!needs_calibration(s.adc)) return ranges;
  const auto product = make_product(matrix, {}, direction, ranges, x.rows);
  const auto slices = matrix->code.slices;
  CurrentDistributions all(slices);
  std::optional<CurrentsOfOutputs> outputs;
  if (s.adc.range_per_column)
    outputs.emplace(slices, direction == Direction::forward ? matrix->out : matrix->in);
  CurrentsOfOutputs* const of_outputs = outputs ? &*outputs : nullptr;
  std::mutex merging;
  core::parallel_for(x.rows, 1, [&](std::size_t begin, std::size_t end) {
    const WorkspacePtr workspace = make_workspace();
    CurrentDistributions mine(slices);
    CurrentCounter counter(mine, of_outputs, 0);
    for (std::size_t v = begin; v < end; ++v) {
      product->quantize(x.row(v), *workspace);
      const std::int64_t origin = 0;
      product->observe({&origin, 1}, counter, *workspace);
    }
    const std::scoped_lock lock(merging);
    all.merge(mine);
  });
  set_adc_ranges(s, all, of_outputs, percentile, 0, ranges);
  return ranges;
}

}  // namespace mho::array
