#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "mho/array/executors/kernel.h"

namespace mho::array {
namespace {

std::size_t padded_columns(std::size_t cols, const Kernels& k) {
  return (cols + k.lanes - 1) / k.lanes * k.lanes;
}

/// Calls body(row, first column, columns) in the order of the strips.
template <typename Body>
void each_piece(std::size_t steps, std::size_t cols, const Kernels& kernels, const Body& body) {
  const std::size_t padded = padded_columns(cols, kernels);
  for (std::size_t col = 0; col < padded;) {
    const std::size_t width = col + kernels.strip <= padded ? kernels.strip : kernels.lanes;
    for (std::size_t step = 0; step < steps; ++step) body(step, col, width);
    col += width;
  }
}

/// The elements of one column that a kernel multiplies at once lie in 32 bits.
template <std::size_t rows_a_step>
void pack_steps(Columns& columns, const core::Matrix<float>& levels, const Kernels& kernels) {
  constexpr std::size_t kBits = 32 / rows_a_step;
  constexpr std::uint32_t kMask = (std::uint32_t{1} << kBits) - 1;
  const std::size_t steps = (columns.rows + rows_a_step - 1) / rows_a_step;
  columns.bytes.resize(padded_columns(columns.cols, kernels) * steps * 4);  // zeros
  auto* out = reinterpret_cast<std::uint32_t*>(columns.bytes.data());
  each_piece(steps, columns.cols, kernels, [&](std::size_t step, std::size_t col, std::size_t width) {
    const std::size_t there = std::min(width, columns.cols - std::min(col, columns.cols));
    for (std::size_t r = 0; r < rows_a_step && step * rows_a_step + r < columns.rows; ++r) {
      const float* const row = levels.row(step * rows_a_step + r).data() + col;
      for (std::size_t j = 0; j < there; ++j)
        out[j] |= (static_cast<std::uint32_t>(static_cast<std::int32_t>(row[j])) & kMask) << (r * kBits);
    }
    out += width;
  });
}

/// Steps, whole chunks of 16, after which no sum has overflowed whatever the inputs are; one chunk must fit.
std::size_t safe_steps(const Columns& columns, const core::Matrix<float>& levels, std::size_t rows_a_step,
                       int largest_input) {
  const std::size_t chunk = 16 * rows_a_step, chunks = (columns.rows + chunk - 1) / chunk;
  core::Matrix<float> sums(chunks, columns.cols);  // of magnitudes: whole numbers below 2^24, exact
  for (std::size_t row = 0; row < columns.rows; ++row) {
    float* const sum = sums.row(row / chunk).data();
    const float* const level = levels.row(row).data();
    for (std::size_t col = 0; col < columns.cols; ++col) sum[col] += std::fabs(level[col]);
  }
  std::size_t safe = chunks;
  for (std::size_t col = 0; col < columns.cols; ++col) {
    const double start = columns.start.empty() ? 0.0 : std::abs(1.0 * columns.start[col]);
    for (bool fits = false; !fits && safe > 1; safe -= fits ? 0 : 1) {
      fits = true;
      for (std::size_t begin = 0; begin < chunks; begin += safe) {
        double sum = begin == 0 ? start : 0;
        for (std::size_t c = begin; c < std::min(begin + safe, chunks); ++c)
          sum += double{sums(c, col)} * largest_input;
        fits = fits && sum < 0x1p31;
      }
    }
  }
  return safe * 16;
}

}  // namespace

Gather make_gather(std::span<const std::int64_t> offsets, Arithmetic arithmetic) {
  Gather gather{.rows = offsets.size(), .arithmetic = arithmetic, .pieces = {}, .begins = {}};
  const std::size_t lanes = rows_a_chunk(arithmetic);
  for (std::size_t row = 0; row < offsets.size(); ++row) {
    const std::size_t lane = row % lanes;
    if (lane == 0) gather.begins.push_back(static_cast<std::uint32_t>(gather.pieces.size()));
    if (lane != 0 && offsets[row] == offsets[row - 1] + 1) continue;
    gather.pieces.push_back({.source = offsets[row] - static_cast<std::int64_t>(lane),
                             .first = static_cast<std::uint32_t>(lane)});
  }
  gather.begins.push_back(static_cast<std::uint32_t>(gather.pieces.size()));
  return gather;
}

void round_to_levels(core::Matrix<float>& values, double common, double unit) {
  const auto zero = static_cast<float>(common), scale = static_cast<float>(1 / unit);
  constexpr float rounder = 12582912.0f;  // adding and taking away 1.5·2^23 rounds, halves to even
  for (float& v : values.elements) v = ((v - zero) * scale + rounder) - rounder;
}

Columns pack_f32(const core::Matrix<float>& values, const Kernels& kernels) {
  Columns columns;
  columns.rows = values.rows;
  columns.cols = values.cols;
  columns.bytes.resize(padded_columns(columns.cols, kernels) * columns.rows * sizeof(float));  // zeros
  auto* out = reinterpret_cast<float*>(columns.bytes.data());
  each_piece(columns.rows, columns.cols, kernels, [&](std::size_t row, std::size_t col, std::size_t width) {
    const std::size_t there = std::min(width, columns.cols - std::min(col, columns.cols));
    std::copy_n(values.row(row).data() + col, there, out);
    out += width;
  });
  return columns;
}

Columns pack_integers(Arithmetic arithmetic, const core::Matrix<float>& levels, const Kernels& kernels,
                      int largest_input, int input_shift) {
  Columns columns;
  columns.arithmetic = arithmetic;
  columns.rows = levels.rows;
  columns.cols = levels.cols;
  if (input_shift != 0) {
    columns.start.resize(padded_columns(columns.cols, kernels));
    for (std::size_t row = 0; row < columns.rows; ++row) {
      for (std::size_t col = 0; col < columns.cols; ++col)
        columns.start[col] -= input_shift * static_cast<std::int32_t>(levels(row, col));
    }
  }
  arithmetic == Arithmetic::int16 ? pack_steps<2>(columns, levels, kernels)
                                  : pack_steps<4>(columns, levels, kernels);
  columns.flush_steps = safe_steps(columns, levels, 4 / element_bytes(arithmetic), largest_input);
  return columns;
}

}  // namespace mho::array
