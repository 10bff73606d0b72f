#pragma once
// Integers of narrower types, which are held as int64.

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "mho/network/onnx/tensor.h"

namespace mho::network {

/// Smallest and largest number of an integer type; int64's for the 64-bit ones.
std::pair<std::int64_t, std::int64_t> limits_of(DataType type);

/// What a conversion to `type` leaves of x: its low bits; 0 or 1 for boolean.
std::int64_t wrap(DataType type, std::int64_t x);

/// x towards zero; NaN gives 0, and what no int64 holds the nearest int64.
std::int64_t truncate(float x);

/// An index that may count from the end. Throws core::InvalidInput where it lies outside [-n, n).
std::int64_t checked_index(std::int64_t index, std::int64_t n, const std::string& where_it_is);

}  // namespace mho::network
