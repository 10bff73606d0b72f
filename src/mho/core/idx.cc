#include "mho/core/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "mho/core/compressed.h"
#include "mho/core/error.h"

namespace mho::core {
namespace {

std::optional<Dtype> type_of(std::byte code) {
  switch (static_cast<int>(code)) {
    case 0x08:
      return Dtype::u1;
    case 0x09:
      return Dtype::i1;
    case 0x0b:
      return Dtype::i2;
    case 0x0c:
      return Dtype::i4;
    case 0x0d:
      return Dtype::f4;
    case 0x0e:
      return Dtype::f8;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool looks_like_idx(std::span<const std::byte> file) {
  return file.size() >= 8 && file[0] == std::byte{0} && file[1] == std::byte{0} && type_of(file[2]) &&
         file[3] != std::byte{0} && static_cast<int>(file[3]) <= 8;
}

NpyArray parse_idx(std::span<const std::byte> file, const std::string& name) {
  Bytes unpacked;
  if (is_compressed(file)) {
    unpacked = decompressed(file, name);
    file = unpacked;
  }
  if (!looks_like_idx(file)) {
    throw InvalidInput(
        fmt::format("{}: not an IDX file: it must start with 0, 0, a type (8 for bytes) and the "
                    "number of dimensions (1 to 8)",
                    name));
  }
  NpyArray array;
  array.dtype = *type_of(file[2]);
  const auto dimensions = static_cast<std::size_t>(file[3]);
  const std::size_t start = 4 + 4 * dimensions;
  if (file.size() < start)
    throw InvalidInput(fmt::format("{}: an IDX file that ends within its sizes", name));
  const std::uint64_t there = file.size() - start;
  std::uint64_t needed = size_of(array.dtype);
  bool too_many = false;
  for (std::size_t d = 0; d < dimensions; ++d) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<std::size_t>(file[4 + 4 * d + i]);
    array.shape.push_back(size);
    too_many |= size != 0 && needed > (std::uint64_t{1} << 60) / size;
    needed = too_many ? 0 : needed * size;
  }
  if (too_many || needed != there) {
    throw InvalidInput(fmt::format("{}: an IDX file of shape ({}) in {} needs {} bytes, {} follow its sizes",
                                   name, fmt::join(array.shape, ", "), core::name(array.dtype),
                                   too_many ? "too many" : std::to_string(needed), there));
  }
  array.bytes.assign(file.begin() + static_cast<std::ptrdiff_t>(start), file.end());
  if constexpr (std::endian::native == std::endian::little) {
    const auto size = static_cast<std::ptrdiff_t>(size_of(array.dtype));
    if (size > 1) {
      for (auto at = array.bytes.begin(); at != array.bytes.end(); at += size) std::reverse(at, at + size);
    }
  }
  return array;
}

NpyArray read_idx(const std::string& path) { return parse_idx(read_file(path), path); }

}  // namespace mho::core
