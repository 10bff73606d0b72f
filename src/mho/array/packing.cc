#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "mho/array/kernel.h"

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

template <typename T>
void pack_steps(Columns& columns, std::size_t rows_a_step, const Kernels& kernels,
                const std::function<int(std::size_t, std::size_t)>& integer) {
  const std::size_t steps = (columns.rows + rows_a_step - 1) / rows_a_step;
  columns.bytes.resize(padded_columns(columns.cols, kernels) * steps * 4);
  T* out = reinterpret_cast<T*>(columns.bytes.data());
  each_piece(steps, columns.cols, kernels, [&](std::size_t step, std::size_t col, std::size_t width) {
    for (std::size_t j = col; j < col + width; ++j) {
      for (std::size_t row = step * rows_a_step; row < (step + 1) * rows_a_step; ++row) {
        *out++ = row < columns.rows && j < columns.cols ? static_cast<T>(integer(row, j)) : T{0};
      }
    }
  });
}

/// Steps, whole chunks of 16, after which no sum has overflowed whatever the inputs are.
std::size_t safe_steps(const Columns& columns, std::size_t rows_a_step, int largest_input,
                       const std::function<int(std::size_t, std::size_t)>& integer) {
  const std::size_t chunk = 16 * rows_a_step;
  std::size_t safe = (columns.rows + chunk - 1) / chunk;
  for (std::size_t col = 0; col < columns.cols; ++col) {
    double sum = std::abs(columns.start.empty() ? 0.0 : double{1.0 * columns.start[col]});
    std::vector<double> chunks;
    for (std::size_t row = 0; row < columns.rows; ++row) {
      if (row % chunk == 0) chunks.push_back(row == 0 ? sum : 0);
      chunks.back() += std::abs(static_cast<double>(integer(row, col))) * largest_input;
    }
    for (bool fits = false; !fits && safe > 1; safe -= !fits) {
      fits = true;
      for (std::size_t begin = 0; begin < chunks.size(); begin += safe) {
        sum = 0;
        for (std::size_t c = begin; c < std::min(begin + safe, chunks.size()); ++c) sum += chunks[c];
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

Columns pack_f32(std::size_t rows, std::size_t cols, const Kernels& kernels, const Values& value) {
  Columns columns;
  columns.rows = rows;
  columns.cols = cols;
  columns.bytes.resize(padded_columns(cols, kernels) * rows * sizeof(float));
  auto* out = reinterpret_cast<float*>(columns.bytes.data());
  each_piece(rows, cols, kernels, [&](std::size_t row, std::size_t col, std::size_t width) {
    for (std::size_t j = col; j < col + width; ++j) *out++ = j < cols ? value(row, j) : 0.0f;
  });
  return columns;
}

Columns pack_integers(Arithmetic arithmetic, std::size_t rows, std::size_t cols, const Kernels& kernels,
                      const Values& value, double unit, int largest_input, int input_shift) {
  const auto integer = [&](std::size_t row, std::size_t col) {
    const double n = std::nearbyint(value(row, col) / unit);
    assert(std::abs(n) <= (arithmetic == Arithmetic::int16 ? 32767 : 127));
    return static_cast<int>(n);
  };
  Columns columns;
  columns.arithmetic = arithmetic;
  columns.rows = rows;
  columns.cols = cols;
  if (input_shift != 0) {
    columns.start.resize(padded_columns(cols, kernels));
    for (std::size_t col = 0; col < cols; ++col) {
      for (std::size_t row = 0; row < rows; ++row) columns.start[col] -= input_shift * integer(row, col);
    }
  }
  const std::size_t rows_a_step = 4 / element_bytes(arithmetic);
  if (arithmetic == Arithmetic::int16) {
    pack_steps<std::int16_t>(columns, rows_a_step, kernels, integer);
  } else {
    pack_steps<std::int8_t>(columns, rows_a_step, kernels, integer);
  }
  columns.flush_steps = safe_steps(columns, rows_a_step, largest_input, integer);
  return columns;
}

}  // namespace mho::array
