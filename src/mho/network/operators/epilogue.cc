#include "mho/network/operators/epilogue.h"

#include <algorithm>
#include <vector>

namespace mho::network {

void finish_in_place(float* y, std::size_t n, const float* residual, float lo, float hi) {
  if (residual == nullptr) {
    for (std::size_t i = 0; i < n; ++i) y[i] = std::min(std::max(y[i], lo), hi);
  } else {
    for (std::size_t i = 0; i < n; ++i) y[i] = std::min(std::max(y[i] + residual[i], lo), hi);
  }
}

void finish_rows_in_place(float* y, std::size_t rows, std::size_t columns, const float* bias,
                          const float* residual, float lo, float hi) {
  if (bias == nullptr) return finish_in_place(y, rows * columns, residual, lo, hi);
  // Narrow rows are taken several at a time, with the biases repeated, so that the loop is worth a SIMD one.
  constexpr std::size_t wide = 64;
  std::vector<float> repeated;
  if (columns < wide) {
    const std::size_t together = std::min(rows, (wide + columns - 1) / columns);
    for (std::size_t r = 0; r < together; ++r) repeated.insert(repeated.end(), bias, bias + columns);
    bias = repeated.data();
  }
  const std::size_t all = rows * columns;
  const std::size_t line = repeated.empty() ? columns : repeated.size();
  for (std::size_t at = 0; at < all; at += line) {
    const std::size_t n = std::min(line, all - at);
    float* to = y + at;
    if (residual == nullptr) {
      for (std::size_t i = 0; i < n; ++i) to[i] = std::min(std::max(to[i] + bias[i], lo), hi);
    } else {
      for (std::size_t i = 0; i < n; ++i)
        to[i] = std::min(std::max(to[i] + bias[i] + residual[at + i], lo), hi);
    }
  }
}

}  // namespace mho::network
