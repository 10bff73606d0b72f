#pragma once
// What a learning array holds, and the steps that its kernels share. Internal to the array layer.

#include <functional>

#include "mho/array/learning/learning_array.h"

namespace mho::array {

constexpr std::size_t kLearningParallelCells = 1 << 15;  ///< smaller arrays are not worth waking a thread

float largest_magnitude(std::span<const float> v);

/// Rounds to signed levels of a converter; `uniform` in (0,1) rounds stochastically, empty to the nearest.
void convert(std::span<float> v, const LearningConverter& converter, std::span<const float> uniform = {});

struct LearningArray::Data {
  std::size_t inputs = 0, outputs = 0, stride = 0;
  LearningSettings settings;
  std::shared_ptr<const device::Updater> updater;
  core::AlignedVector<float> plus, minus;  // (inputs, stride); minus is empty for offset
  device::CellPopulation plus_cells, minus_cells;
  core::RandomKey plus_key, minus_key, pulse_key, forward_key, backward_key;
  std::vector<float> rows, columns, columns_negative, uniform;      // scratch of updates
  std::vector<std::uint32_t> row_train, column_train, column_sign;  // of pulses
  std::vector<std::uint64_t> pulses_of_row;
  mutable std::vector<float> in, out, noise;  // scratch of reads
  LearningCount count;
  std::vector<std::uint64_t> row_updates, column_updates;

  double lo() const { return updater->model().used_lo; }
  double hi() const { return updater->model().used_hi; }
  double half_range() const { return (hi() - lo()) / 2; }
  double rest() const { return settings.pairs == Pairs::one_sided ? lo() : (lo() + hi()) / 2; }
  /// Weight per unit of (plus - minus), or of (plus - reference).
  double weight_per_state() const {
    return settings.weight_limit / (settings.pairs == Pairs::offset ? half_range() : 2 * half_range());
  }
  /// Change of one cell's state per unit of weight.
  double state_per_weight() const {
    return (settings.pairs == Pairs::one_sided ? 2 : 1) * half_range() / settings.weight_limit;
  }
  bool pairs() const { return settings.pairs != Pairs::offset; }
  const float* minus_or_null() const { return pairs() ? minus.data() : nullptr; }
  /// Calls body(begin, end) on parts of the rows, on as many threads as the array is worth.
  void for_rows(const std::function<void(std::size_t, std::size_t)>& body) const;

  void read_with_wires(std::span<const float> in, std::span<float> out, bool transposed) const;
  void add_read_noise(std::span<float> y, std::span<const float> driven, double sum_factor,
                      const core::RandomKey& key, std::uint64_t draw) const;
  void count_input(std::span<const float> x);
  void ask(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t draw);
  void ask_one_sided(std::size_t row, float scale, std::uint64_t draw);
  void ask_by_pulses(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t draw);
  void refresh(std::uint64_t draw);
};

}  // namespace mho::array
