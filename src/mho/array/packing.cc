#include <cassert>

#include "mho/array/kernel.h"

namespace mho::array {

Gather make_gather(std::span<const std::int64_t> offsets, Arithmetic arithmetic) {
  Gather gather{.rows = offsets.size(), .arithmetic = arithmetic, .pieces = {}, .begins = {}, .whole = true};
  const std::size_t lanes = rows_a_chunk(arithmetic);
  for (std::size_t row = 0; row < offsets.size(); ++row) {
    const std::size_t lane = row % lanes;
    if (lane == 0) gather.begins.push_back(static_cast<std::uint32_t>(gather.pieces.size()));
    if (lane != 0 && offsets[row] == offsets[row - 1] + 1) continue;
    gather.pieces.push_back({.source = offsets[row] - static_cast<std::int64_t>(lane),
                             .first = static_cast<std::uint32_t>(lane)});
    if (lane != 0) gather.whole = false;
  }
  gather.begins.push_back(static_cast<std::uint32_t>(gather.pieces.size()));
  return gather;
}

Columns pack_f32(std::size_t rows, std::size_t cols, const Kernels& kernels,
                 const std::function<float(std::size_t row, std::size_t col)>& value) {
  const std::size_t padded = (cols + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
  Columns columns{.arithmetic = Arithmetic::f32,
                  .rows = rows,
                  .cols = cols,
                  .bytes = {},
                  .flush_chunks = ~std::size_t{0}};
  columns.bytes.resize(padded * rows * sizeof(float));
  auto* out = reinterpret_cast<float*>(columns.bytes.data());
  for (std::size_t col = 0; col < padded;) {
    const std::size_t width = col + kernels.strip <= padded ? kernels.strip : kernels.lanes;
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t j = 0; j < width; ++j) *out++ = col + j < cols ? value(row, col + j) : 0.0f;
    }
    col += width;
  }
  return columns;
}

}  // namespace mho::array
