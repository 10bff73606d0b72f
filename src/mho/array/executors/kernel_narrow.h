#pragma once
// Arrays of few columns: vectors lie in the lanes instead of columns.
//
// A convolution with three output channels fills three of sixteen lanes when its columns lie there. Where
// neighbouring outputs read neighbouring inputs (a picture channel after channel, stride 1), sixteen vectors
// are one load a row, nothing has to be packed, and every lane works. Each sum adds its rows in the order of
// the ordinary kernel: the answers are the same to the last bit.

#include <cstddef>
#include <cstdint>
#include <span>

#include "mho/array/executors/kernel.h"
#include "mho/core/isa.h"

namespace mho::array {

/// Most columns that are worth it: their sums stay in registers.
inline constexpr std::size_t kNarrowColumns = 8;

/// One conversion of all columns of one array, in f32.
struct NarrowJob {
  /// Levels. Must be readable 64 bytes beyond what the vectors need.
  const float* inputs = nullptr;
  std::span<const std::int64_t> origins;  ///< of the vectors; fast where one follows the other by 1
  std::span<const std::int64_t> rows;     ///< where each row lies from its vector's origin
  const float* columns = nullptr;         ///< [row][cols]
  std::size_t cols = 0;                   ///< 1 … kNarrowColumns
  Conversion conversion;
  float* answers = nullptr;  ///< [vectors][stride]; only `cols` columns are written
  std::size_t stride = 0;
  bool add = false;  ///< answers += weight·code, else answers = bias + weight·code
  float weight = 1;
  float bias = 0;
  std::uint64_t* clipped = nullptr;  ///< counts codes that were clamped; null: not counted
};
using NarrowKernel = void (*)(const NarrowJob& job);
NarrowKernel narrow_kernel(core::Isa isa);

/// Most vectors follow their neighbour by 1.
bool are_neighbours(std::span<const std::int64_t> origins);

}  // namespace mho::array
