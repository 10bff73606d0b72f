#pragma once
// Matrices for tests.

#include <string_view>

#include "mho/core/matrix.h"
#include "mho/core/random.h"

namespace mho::tests {

/// Uniform in (low, 1); one matrix for every purpose.
inline core::Matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::string_view purpose,
                                         float low = -1) {
  core::Matrix<float> m(rows, cols);
  core::fill_uniform(core::random_key({.purpose = purpose}), 0, 0, m.elements);
  for (float& x : m.elements) x = low + (1 - low) * x;
  return m;
}

}  // namespace mho::tests
