#pragma once
// What follows the sums of a layer, over memory that was just written.

#include <cstddef>

namespace mho::network {

/// y <- clip(y + residual, lo, hi) for n numbers; `residual` may be null.
void finish_in_place(float* y, std::size_t n, const float* residual, float lo, float hi);

/// The same with a bias a column for a (rows, columns) matrix whose rows are consecutive; `bias` may be null.
void finish_rows_in_place(float* y, std::size_t rows, std::size_t columns, const float* bias,
                          const float* residual, float lo, float hi);

}  // namespace mho::network
