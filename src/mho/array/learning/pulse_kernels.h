#pragma once
// Pulse trains and their coincidences for every SIMD target. Internal to the array layer.

#include <cstddef>
#include <cstdint>

namespace mho::array {

/// Bit s of trains[l], s < length, is set where bits[32·l + s] < below[l]: a train of pulses. length <= 31.
void pulse_trains(const std::uint32_t* bits, const std::uint32_t* below, int length, std::uint32_t* trains,
                  std::size_t lines);

/// counts[j] = sign·(bits that row and columns[j] share), the sign that of row·column; column_negative is 0
/// or 1. Returns the sum of their magnitudes.
std::uint64_t coincidences(std::uint32_t row, bool row_negative, const std::uint32_t* columns,
                           const std::uint32_t* column_negative, std::int32_t* counts, std::size_t n);

}  // namespace mho::array
