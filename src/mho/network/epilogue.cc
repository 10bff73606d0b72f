#include "mho/network/epilogue.h"

#include <algorithm>

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
  for (std::size_t r = 0; r < rows; ++r, y += columns) {
    if (residual == nullptr) {
      for (std::size_t c = 0; c < columns; ++c) y[c] = std::min(std::max(y[c] + bias[c], lo), hi);
    } else {
      for (std::size_t c = 0; c < columns; ++c)
        y[c] = std::min(std::max(y[c] + bias[c] + residual[c], lo), hi);
      residual += columns;
    }
  }
}

}  // namespace mho::network
