// Updates by stochastic pulse trains: rows and columns pulse at random, and cells count coincidences.

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "mho/array/learning/learning_data.h"
#include "mho/array/learning/pulse_kernels.h"

namespace mho::array {
namespace {

constexpr std::size_t kSlots = 32;     ///< random words of a line: one a slot, of which 31 at most are used
constexpr std::size_t kLines = 64;     ///< lines whose trains are made at a time
constexpr std::size_t kColumns = 512;  ///< cells of a row whose counts are made at a time; they stay in L1

/// Probability p as a threshold for 32 random bits.
std::uint32_t threshold(double p) {
  return static_cast<std::uint32_t>(std::clamp(p * 0x1p32, 0.0, 0x1p32 - 1));
}

}  // namespace

// Trains of up to 31 slots; a slot pulses with probability |x|·B on rows and |d|·A on columns, and a cell
// steps where both pulse: the expected change is rate·d·x. With update management A and B are balanced and
// the train is only as long as the largest request needs (Gokmen, Onen & Haensch 2017,
// doi 10.3389/fnins.2017.00538).
void LearningArray::Data::ask_by_pulses(std::span<const float> x, std::span<const float> d, double rate,
                                        std::uint64_t draw) {
  const device::MeanSteps step = updater->mean_step();
  const double granularity = (step.up - step.down) / 2;
  const double factor = std::fabs(rate) * state_per_weight();
  const double x_max = largest_magnitude(x), d_max = largest_magnitude(d);
  if (factor == 0 || x_max == 0 || d_max == 0) return;
  const double longest = factor * x_max * d_max / granularity;
  const int limit = settings.pulse_length;
  const int length =
      settings.update_management ? std::min(limit, std::max(1, static_cast<int>(std::ceil(longest)))) : limit;
  const double amplitude = std::sqrt(factor / (granularity * length));
  double column_gain = amplitude, row_gain = amplitude;
  if (settings.update_management) {
    const double d_scale = longest > limit ? d_max * limit / longest : d_max;
    column_gain *= std::sqrt(x_max / d_scale);
    row_gain *= std::sqrt(d_scale / x_max);
  }
  const auto train = [&](std::span<const float> values, std::size_t first_line, double gain,
                         std::span<std::uint32_t> trains, std::span<std::uint64_t> updates) {
    double pulsing = 0;
    std::array<std::uint32_t, kLines * kSlots> bits;
    std::array<std::uint32_t, kLines> below;
    for (std::size_t at = 0; at < values.size(); at += kLines) {
      const std::size_t n = std::min(kLines, values.size() - at);
      core::fill_bits(pulse_key, draw, (first_line + at) * kSlots, std::span(bits).first(n * kSlots));
      for (std::size_t k = 0; k < n; ++k) below[k] = threshold(std::fabs(values[at + k]) * gain);
      pulse_trains(bits.data(), below.data(), length, trains.data() + at, n);
      for (std::size_t k = at; k < at + n; ++k) {
        updates[k] += trains[k] != 0;
        pulsing += trains[k] != 0;
      }
    }
    return pulsing;
  };
  const double rows_pulsing = train(x, 0, row_gain, row_train, row_updates);
  const double columns_pulsing = train(d, inputs, column_gain, column_train, column_updates);
  for (std::size_t j = 0; j < outputs; ++j) column_sign[j] = (d[j] < 0) != (rate < 0);
  const auto cells = static_cast<double>(inputs * outputs);
  count.updates_per_cell_mean += rows_pulsing * columns_pulsing / cells;

  for_rows([&](std::size_t begin, std::size_t end) {
    std::array<std::int32_t, kColumns> counts;
    for (std::size_t i = begin; i < end; ++i) {
      pulses_of_row[i] = 0;
      if (row_train[i] == 0) continue;
      for (std::size_t j = 0; j < outputs; j += kColumns) {
        const std::size_t n = std::min(kColumns, outputs - j), cell = i * stride + j;
        pulses_of_row[i] += coincidences(row_train[i], x[i] < 0, column_train.data() + j,
                                         column_sign.data() + j, counts.data(), n);
        const std::span<const std::int32_t> asked = std::span(counts).first(n);
        const std::span<float> up(plus.data() + cell, n);
        if (pairs()) {
          updater->pulse_pairs(up, {minus.data() + cell, n}, plus_cells, minus_cells, cell, asked,
                               one_sided(), plus_key, draw);
        } else {
          updater->pulse(up, plus_cells, cell, asked, plus_key, draw);
        }
      }
    }
  });
  const std::uint64_t pulses = std::accumulate(pulses_of_row.begin(), pulses_of_row.end(), std::uint64_t{0});
  count.pulses_per_cell_mean += static_cast<double>(pulses) / cells;
}

}  // namespace mho::array
