#pragma once
// What a learning array holds, and the steps that its kernels share. Internal to the array layer.

#include <functional>
#include <optional>

#include "mho/array/executors/live_reader.h"
#include "mho/array/learning/learning_array.h"
#include "mho/array/mapping/mapped_matrix.h"
#include "mho/array/reading/product.h"

namespace mho::array {

constexpr std::size_t kLearningParallelCells = 1 << 15;  ///< smaller arrays are not worth waking a thread

/// Rounds to the signed levels of a code; `uniform` in (0,1) rounds stochastically, empty to the nearest.
void round_to_code(std::span<float> v, const LineCode& code, std::span<const float> uniform = {});

/// What reading made of the cells as they are: lives until they change.
struct CellsAsRead {
  bool noise_is_current = false;
  core::AlignedVector<float> plus_variance, minus_variance;  ///< of a read [state²], (inputs, stride)
  std::size_t expected_reads = 1;
  /// Where wires have resistance or cells bend.
  std::shared_ptr<const ProgrammedMatrix> matrix;
  std::unique_ptr<Product> forward, backward;
  void forget() {
    noise_is_current = false;
    expected_reads = 1;
    matrix.reset();
    forward.reset();
    backward.reset();
  }
};

struct LearningArray::Data {
  std::size_t inputs = 0, outputs = 0, stride = 0;
  MappedMatrix matrix;        // as it is read
  Ranges ahead, back;         // of the two directions
  double unit = 1, zero = 0;  // conductance of a state s over G_on: zero + unit·s
  LearningSettings settings;
  std::shared_ptr<const device::Updater> updater;
  core::AlignedVector<float> plus, minus;  // (inputs, stride); minus is empty for offset
  device::CellPopulation plus_cells, minus_cells;
  struct Stuck {
    std::size_t at;
    float state;
    device::Fault fault;
  };
  std::vector<Stuck> plus_stuck, minus_stuck;
  core::RandomKey plus_key, minus_key, pulse_key;
  std::vector<float> rows, columns, columns_negative, uniform;      // scratch of updates
  std::vector<std::uint32_t> row_train, column_train, column_sign;  // of pulses
  std::vector<std::uint64_t> pulses_of_row;
  std::optional<LiveReader> forward, backward;  // where a read is a product
  mutable LiveScratch scratch;
  mutable WorkspacePtr workspace = make_workspace();
  mutable CellsAsRead as_read;
  LearningCount count;
  std::vector<std::uint64_t> row_updates, column_updates;

  double lo() const { return updater->model().used_lo; }
  double hi() const { return updater->model().used_hi; }
  double half_range() const { return (hi() - lo()) / 2; }
  bool pairs() const { return matrix.differential(); }
  bool one_sided() const { return matrix.code.scheme == Scheme::differential; }
  bool two_sided() const { return matrix.code.scheme == Scheme::differential_two_sided; }
  double rest() const { return one_sided() ? lo() : (lo() + hi()) / 2; }
  /// Weight per unit of (plus - minus), or of (plus - reference).
  double weight_per_state() const {
    return settings.weight_limit / (pairs() ? 2 * half_range() : half_range());
  }
  /// Change of one cell's state per unit of weight.
  double state_per_weight() const { return (one_sided() ? 2 : 1) * half_range() / settings.weight_limit; }
  float conductance(float state) const { return static_cast<float>(zero + unit * state); }
  float state_at(float conductance) const { return static_cast<float>((conductance - zero) / unit); }
  /// Calls body(begin, end) on parts of the rows, on as many threads as the array is worth.
  void for_rows(const std::function<void(std::size_t, std::size_t)>& body) const;

  LiveCells live_cells() const;
  void note_noise() const;
  void programmed_by_device();
  void persist();
  core::Stream programming_of(std::uint32_t array) const;
  void find_stuck();
  /// Puts cells that are stuck back to where they are.
  void hold_stuck();
  /// To be said after cells were written, updated or taken over.
  void changed() {
    hold_stuck();
    as_read.forget();
  }
  void count_input(std::span<const float> x);
  void ask(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t draw);
  void add_to_row(std::size_t row, std::span<const float> dw, std::uint64_t draw);
  void ask_one_sided(std::size_t row, float scale, std::uint64_t draw);
  void ask_by_pulses(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t draw);
  void refresh(std::uint64_t draw);
};

}  // namespace mho::array
