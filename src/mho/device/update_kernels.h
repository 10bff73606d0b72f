#pragma once
// The inner loops of updates, one source for every SIMD target. Internal to the device layer.

#include <cstddef>
#include <cstdint>

#include "mho/device/update.h"

namespace mho::device {

/// Tables on even grids, both directions of every member, divided by the mean step:
/// Δg = |r|·mean + sqrt(|r|)·spread.
struct TableKernel {
  const std::int32_t* mean =
      nullptr;          ///< [member][direction][node]: low half this node's, high half the next one's
  float mean_unit = 1;  ///< of `mean`, linear in between
  const std::int16_t* spread =
      nullptr;            ///< [member][direction][node][bin] of one of the two nodes around, equal bins of u
  float spread_unit = 1;  ///< of `spread`
  std::int32_t nodes = 0;
  std::int32_t bins = 0;  ///< a power of two
};

/// g[j] changes by a request scale·column[j]; u = the low or high 16 bits of bits[j].
/// `member` may be null where there is one table.
void update_by_table(const TableKernel& table, float* g, const float* column, float scale,
                     const std::uint32_t* bits, bool high_half, const std::uint8_t* member, std::size_t n);

/// An analytic model with its constants worked out (update_analytic.cc says what they are).
struct AnalyticKernel {
  AnalyticKernel() = default;
  explicit AnalyticKernel(const UpdateModel& model);
  enum class Shape { straight, asymmetric, symmetric } shape = Shape::straight;
  enum class Noise { none, independent, proportional, inverse } noise = Noise::none;
  float lo = 0, hi = 1, full_range = 1;
  float rate = 0, target_up = 0, target_down = 0, margin = 0;
  float sigma = 0;  ///< of a change of 1
};

/// `normal[j]` is N(0,1); not looked at where the kernel has no noise.
void update_analytic(const AnalyticKernel& kernel, float* g, const float* column, float scale,
                     const float* normal, std::size_t n);

/// Both cells of pairs: plus[j] is asked for scale·column[j], minus[j] for the opposite.
void update_analytic_pairs(const AnalyticKernel& kernel, float* plus, float* minus, const float* column,
                           float scale, const float* plus_normal, const float* minus_normal, std::size_t n);

/// Step models. Per-cell parameters may be null: then the model's own.
struct StepCells {
  const float* step_up = nullptr;
  const float* step_down = nullptr;
  const float* bound_max = nullptr;
  const float* bound_min = nullptr;
  const float* gamma_up = nullptr;
  const float* gamma_down = nullptr;
};
void update_by_steps(const UpdateModel& model, const StepCells& cells, float* g, const float* column,
                     float scale, const float* normal, std::size_t n);

/// request[j] = counts[j]·up, or counts[j]·down where it is negative.
void requests_of_pulses(const std::int32_t* counts, float up, float down, float* request, std::size_t n);

}  // namespace mho::device
