#include "mho/network/onnx/narrow.h"

#include <fmt/core.h>

#include <cmath>

#include "mho/core/error.h"

namespace mho::network {

std::pair<std::int64_t, std::int64_t> limits_of(DataType type) {
  switch (type) {
    case DataType::u8:
      return {0, 255};
    case DataType::i8:
      return {-128, 127};
    case DataType::u16:
      return {0, 65535};
    case DataType::i16:
      return {-32768, 32767};
    case DataType::i32:
      return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
    case DataType::u32:
      return {0, std::numeric_limits<std::uint32_t>::max()};
    case DataType::boolean:
      return {0, 1};
    default:
      return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  }
}

std::int64_t wrap(DataType type, std::int64_t x) {
  switch (type) {
    case DataType::u8:
      return static_cast<std::uint8_t>(x);
    case DataType::i8:
      return static_cast<std::int8_t>(x);
    case DataType::u16:
      return static_cast<std::uint16_t>(x);
    case DataType::i16:
      return static_cast<std::int16_t>(x);
    case DataType::i32:
      return static_cast<std::int32_t>(x);
    case DataType::u32:
      return static_cast<std::uint32_t>(x);
    case DataType::boolean:
      return x != 0 ? 1 : 0;
    default:
      return x;
  }
}

std::int64_t truncate(float x) {
  if (std::isnan(x)) return 0;
  if (x >= 9.2233715e18f) return std::numeric_limits<std::int64_t>::max();
  if (x <= -9.2233715e18f) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(x);
}

std::int64_t checked_index(std::int64_t index, std::int64_t n, const std::string& where_it_is) {
  if (index < -n || index >= n) {
    throw core::InvalidInput(fmt::format("{}: index {} into a dimension of {}", where_it_is, index, n));
  }
  return index < 0 ? index + n : index;
}

}  // namespace mho::network
