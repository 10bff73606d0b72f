#pragma once
// Inner loops of learning arrays for every SIMD target. Internal to the array layer.

#include <cstddef>
#include <cstdint>

namespace mho::array {

/// y[j] = Σ_i x[i]·(plus[i][j] - minus[i][j]) for j in [begin, end), rows `stride` apart. minus may be null.
void columns_of_difference(const float* plus, const float* minus, std::size_t stride, const float* x,
                           std::size_t rows, float* y, std::size_t begin, std::size_t end);

/// Σ_j d[j]·(plus[j] - minus[j]): one row. minus may be null.
float row_of_difference(const float* plus, const float* minus, const float* d, std::size_t n);

/// Bit s of trains[l], s < length, is set where bits[32·l + s] < below[l]: a train of pulses. length <= 31.
void pulse_trains(const std::uint32_t* bits, const std::uint32_t* below, int length, std::uint32_t* trains,
                  std::size_t lines);

/// counts[j] = sign·(bits that row and columns[j] share), the sign that of row·column; column_negative is 0
/// or 1. Returns the sum of their magnitudes.
std::uint64_t coincidences(std::uint32_t row, bool row_negative, const std::uint32_t* columns,
                           const std::uint32_t* column_negative, std::int32_t* counts, std::size_t n);

}  // namespace mho::array
