#pragma once
// Currents along the lines of cells that lie where they lie, for one vector: the same bits on every SIMD
// target and for any number of threads. Internal to the array layer.

#include <cstddef>

namespace mho::array {

/// y[j] = Σ_i x[i]·(plus[i][j] - minus[i][j]) for j in [begin, end), rows `stride` apart. minus may be null.
void columns_of_difference(const float* plus, const float* minus, std::size_t stride, const float* x,
                           std::size_t rows, float* y, std::size_t begin, std::size_t end);

/// Σ_j d[j]·(plus[j] - minus[j]): one row. minus may be null.
float row_of_difference(const float* plus, const float* minus, const float* d, std::size_t n);

}  // namespace mho::array
