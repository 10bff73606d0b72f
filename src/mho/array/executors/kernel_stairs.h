#pragma once
// Structured converters of a whole array at SIMD speed: staircases looked up through a grid of currents.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mho/array/converters/converter.h"
#include "mho/core/isa.h"

namespace mho::array {

/// The staircases of all columns of an array. A current's cell of the grid says how many thresholds lie
/// below the cell; the few within it are compared.
struct Stairs {
  float low = 0, high = 0;               ///< range beyond which currents count as clipped
  float cells_a_unit = 0;                ///< cells of the grid a unit of current
  std::int32_t cells = 0;                ///< of one staircase
  std::int32_t most = 0;                 ///< thresholds within one cell
  std::vector<std::int32_t> first_cell;  ///< [columns, padded to 16] in `below`
  std::vector<std::int32_t> first_step;  ///< [columns, padded to 16] in `thresholds` and `values`
  std::vector<std::int32_t> below;       ///< thresholds below a cell
  std::vector<float> thresholds;         ///< increasing, the last of each staircase infinite
  std::vector<float> values;             ///< values[number of thresholds < current]
};
Stairs make_stairs(const Converters& converters, std::size_t columns);

/// Converts a block: answers += weight·value.
struct StairsJob {
  const Stairs* stairs = nullptr;
  std::size_t vectors = 0;
  std::size_t columns = 0;
  const float* currents = nullptr;  ///< [vectors][stride], stride a multiple of 16
  const float* noise = nullptr;     ///< added to them, likewise; null: none
  std::size_t stride = 0;
  float* answers = nullptr;  ///< [vectors][answer_stride], padded to 16 columns
  std::size_t answer_stride = 0;
  float weight = 1;
  std::uint64_t* clipped = nullptr;  ///< null: not counted
};
using StairsKernel = void (*)(const StairsJob& job);
StairsKernel stairs_kernel(core::Isa isa);

}  // namespace mho::array
