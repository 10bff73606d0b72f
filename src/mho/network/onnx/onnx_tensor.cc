// Tensors of ONNX files: raw bytes, typed fields, external data.

#include "mho/network/onnx/onnx_tensor.h"

#include <fmt/core.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "mho/core/error.h"

namespace mho::network {

using core::InvalidInput;

namespace {

float half_to_float(std::uint16_t h) {
  const int exponent = (h >> 10) & 31;
  const int mantissa = h & 1023;
  float value = 0;
  if (exponent == 31) {
    value = mantissa != 0 ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
  } else {
    value = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
                          : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  }
  return (h & 0x8000) != 0 ? -value : value;
}

std::size_t bytes_each(DataType type) {
  switch (type) {
    case DataType::u8:
    case DataType::i8:
    case DataType::boolean:
      return 1;
    case DataType::u16:
    case DataType::i16:
    case DataType::f16:
    case DataType::bf16:
      return 2;
    case DataType::f32:
    case DataType::i32:
    case DataType::u32:
      return 4;
    default:
      return 8;
  }
}

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

std::int64_t load_integer(DataType type, const std::byte* at) {
  switch (type) {
    case DataType::u8:
      return load<std::uint8_t>(at);
    case DataType::boolean:
      return load<std::uint8_t>(at) != 0 ? 1 : 0;
    case DataType::i8:
      return load<std::int8_t>(at);
    case DataType::u16:
      return load<std::uint16_t>(at);
    case DataType::i16:
      return load<std::int16_t>(at);
    case DataType::i32:
      return load<std::int32_t>(at);
    case DataType::u32:
      return load<std::uint32_t>(at);
    default:
      return load<std::int64_t>(at);
  }
}

float load_float(DataType type, const std::byte* at) {
  switch (type) {
    case DataType::f16:
      return half_to_float(load<std::uint16_t>(at));
    case DataType::bf16:
      return std::bit_cast<float>(static_cast<std::uint32_t>(load<std::uint16_t>(at)) << 16);
    case DataType::f64:
      return static_cast<float>(load<double>(at));
    default:
      return load<float>(at);
  }
}

/// Numbers as they lie in raw_data or in an external file (little endian, as this machine is).
Tensor from_raw(DataType type, const Shape& shape, std::span<const std::byte> raw,
                const std::shared_ptr<const void>& owner) {
  static_assert(std::endian::native == std::endian::little);
  if (owner != nullptr && type == DataType::f32 && reinterpret_cast<std::uintptr_t>(raw.data()) % 4 == 0) {
    return {type, shape, owner, raw.data()};
  }
  Tensor tensor(type, shape);
  const std::size_t each = bytes_each(type);
  if (is_floating(type)) {
    auto out = tensor.writable_floats();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = load_float(type, raw.data() + i * each);
  } else {
    auto out = tensor.writable_integers();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = load_integer(type, raw.data() + i * each);
  }
  return tensor;
}

struct External {
  std::string location;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
};

std::shared_ptr<const core::Bytes> read_external(const External& external, const std::string& tensor,
                                                 const OnnxSource& source) {
  const std::filesystem::path location = external.location;
  if (source.external == nullptr)
    source.fail(fmt::format("tensor '{}': has external data, which only a file may have", tensor));
  bool inside = !location.empty() && location.is_relative();
  for (const auto& part : location) inside = inside && part != "..";
  if (!inside) {
    source.fail(fmt::format("tensor '{}': external data at '{}', which is not beside the model", tensor,
                            external.location));
  }
  try {
    return source.external->read(external.location, external.offset, external.length);
  } catch (const InvalidInput& error) {
    source.fail(fmt::format("tensor '{}': {}", tensor, error.what()));
  }
}

External read_external_entry(Message entry, External external, const OnnxSource& source) {
  std::string key, value;
  while (entry.next()) {
    if (entry.tag() == 1)
      key = entry.text();
    else if (entry.tag() == 2)
      value = entry.text();
    else
      entry.skip();
  }
  const auto number = [&] {
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
    if (error != std::errc{} || end != value.data() + value.size())
      source.fail(fmt::format("external data: {} = '{}' is no number", key, value));
    return n;
  };
  if (key == "location") external.location = value;
  if (key == "offset") external.offset = number();
  if (key == "length") external.length = number();
  return external;
}

/// The typed fields of a TensorProto, as far as they occur.
struct TypedData {
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
};

}  // namespace

std::shared_ptr<const core::Bytes> ExternalData::read(const std::string& location, std::uint64_t offset,
                                                      std::optional<std::uint64_t> length) {
  auto& file = files_[location];
  if (!file) file = std::make_unique<core::RandomAccessFile>((folder_ / location).string());
  const std::uint64_t there = file->size();
  const std::uint64_t wanted = length.value_or(offset <= there ? there - offset : 0);
  if (offset > there || wanted > there - offset) {
    throw InvalidInput(fmt::format("external data at [{}, +{}) of '{}', which has {} bytes", offset, wanted,
                                   location, there));
  }
  auto bytes = std::make_shared<core::Bytes>(wanted);
  file->read(offset, *bytes);
  all_.add(*bytes);
  return bytes;
}

core::Digest ExternalData::finish() {
  for (const auto& [location, file] : files_) file->require_unchanged();
  return all_.digest();
}

void OnnxSource::fail(const std::string& what) const {
  throw InvalidInput(fmt::format("{}: {}", name, what));
}

Tensor read_tensor(Message message, const OnnxSource& source, std::string& tensor_name) {
  Shape shape;
  std::int32_t type_number = 0;
  TypedData typed;
  std::optional<std::span<const std::byte>> raw;
  External external;
  bool is_external = false;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        message.integers(shape);
        break;
      case 2:
        type_number = static_cast<std::int32_t>(message.integer());
        break;
      case 4:
        message.floats(typed.floats);
        break;
      case 5:
      case 7:
      case 11:
        message.integers(typed.integers);
        break;
      case 8:
        tensor_name = message.text();
        break;
      case 9:
        raw = message.bytes();
        break;
      case 10:
        message.doubles(typed.floats);
        break;
      case 13:
        external = read_external_entry(message.message(), external, source);
        break;
      case 14:
        is_external = message.integer() == 1;
        break;
      default:
        message.skip();
    }
  }
  const auto type = static_cast<DataType>(type_number);
  if (!is_number(type))
    source.fail(fmt::format("tensor '{}': element type {} is not supported", tensor_name, name(type)));
  if (shape.size() > 16)
    source.fail(
        fmt::format("tensor '{}': has {} dimensions; at most 16 are supported", tensor_name, shape.size()));
  std::size_t count = 0;
  try {
    count = element_count(shape);
  } catch (const InvalidInput& error) {
    source.fail(fmt::format("tensor '{}': {}", tensor_name, error.what()));
  }
  const auto need = [&](std::size_t there, const char* what) {
    if (there != count) {
      source.fail(fmt::format("tensor '{}': shape {} needs {} elements, but {} holds {}", tensor_name,
                              text(shape), count, what, there));
    }
  };
  if (raw || is_external) {
    const auto outside = is_external ? read_external(external, tensor_name, source) : nullptr;
    const std::shared_ptr<const void> owner = is_external ? outside : source.owner;
    const auto bytes = is_external ? std::span<const std::byte>(*outside) : *raw;
    if (bytes.size() % bytes_each(type) != 0 || bytes.size() / bytes_each(type) != count) {
      source.fail(fmt::format("tensor '{}': {} of {} needs {} bytes, but {} are there", tensor_name,
                              text(shape), name(type), count * bytes_each(type), bytes.size()));
    }
    return from_raw(type, shape, bytes, owner);
  }
  if (type == DataType::f32 || type == DataType::f64) {
    need(typed.floats.size(), type == DataType::f32 ? "float_data" : "double_data");
    return [&] {
      Tensor t = Tensor::of_floats(typed.floats, shape);
      t.type = type;
      return t;
    }();
  }
  need(typed.integers.size(), "its data field");
  if (!is_floating(type)) return Tensor::of_integers(typed.integers, shape, type);
  Tensor tensor(type, shape);  // float16 and bfloat16 lie as bit patterns in int32_data
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = static_cast<std::uint16_t>(typed.integers[i]);
    tensor.writable_floats()[i] = load_float(type, reinterpret_cast<const std::byte*>(&bits));
  }
  return tensor;
}

}  // namespace mho::network
