#include "mho/network/onnx/tensor.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "mho/core/error.h"
#include "mho/core/matrix.h"

namespace mho::network {

bool is_number(DataType type) {
  const int t = static_cast<int>(type);
  return (t >= 1 && t <= 13 && type != DataType::text) || type == DataType::bf16;
}

std::string name(DataType type) {
  switch (type) {
    case DataType::f32:
      return "float";
    case DataType::u8:
      return "uint8";
    case DataType::i8:
      return "int8";
    case DataType::u16:
      return "uint16";
    case DataType::i16:
      return "int16";
    case DataType::i32:
      return "int32";
    case DataType::i64:
      return "int64";
    case DataType::text:
      return "string";
    case DataType::boolean:
      return "bool";
    case DataType::f16:
      return "float16";
    case DataType::f64:
      return "double";
    case DataType::u32:
      return "uint32";
    case DataType::u64:
      return "uint64";
    case DataType::bf16:
      return "bfloat16";
  }
  return fmt::format("type {}", static_cast<int>(type));
}

std::size_t element_count(const Shape& shape) {
  constexpr std::uint64_t limit = std::uint64_t{1} << 40;
  std::uint64_t count = 1;  // without dimensions of 0, so that strides can't pass the limit either
  bool empty = false;
  for (const std::int64_t d : shape) {
    if (d < 0) throw core::InvalidInput(fmt::format("a tensor has the negative dimension {}", d));
    if (d == 0) {
      empty = true;
      continue;
    }
    if (count > limit / static_cast<std::uint64_t>(d)) {
      throw core::InvalidInput(fmt::format("a tensor of shape {} has more than 2^40 elements", text(shape)));
    }
    count *= static_cast<std::uint64_t>(d);
  }
  return empty ? 0 : count;
}

std::string text(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string result;
  for (const auto d : shape) result += (result.empty() ? "" : "×") + std::to_string(d);
  return result;
}

Tensor::Tensor(DataType type_, Shape shape_) : TensorType{type_, std::move(shape_)} {
  auto storage = std::make_shared<core::AlignedVector<std::byte>>(bytes());
  data_ = writable_ = storage->data();
  owner_ = std::move(storage);
}

Tensor::Tensor(DataType type_, Shape shape_, std::shared_ptr<const void> owner, const void* data)
    : TensorType{type_, std::move(shape_)}, owner_(std::move(owner)), data_(data) {}

Tensor Tensor::of_floats(std::span<const float> values, Shape shape) {
  Tensor tensor(DataType::f32, std::move(shape));
  assert(values.size() == tensor.elements());
  std::copy(values.begin(), values.end(), tensor.writable_floats().begin());
  return tensor;
}

Tensor Tensor::of_integers(std::span<const std::int64_t> values, Shape shape, DataType type) {
  Tensor tensor(type, std::move(shape));
  assert(values.size() == tensor.elements());
  std::copy(values.begin(), values.end(), tensor.writable_integers().begin());
  return tensor;
}

std::span<const float> Tensor::floats() const {
  assert(is_floating(type));
  return {static_cast<const float*>(data_), elements()};
}
std::span<const std::int64_t> Tensor::integers() const {
  assert(!is_floating(type));
  return {static_cast<const std::int64_t*>(data_), elements()};
}
std::span<float> Tensor::writable_floats() {
  assert(is_floating(type));
  return {static_cast<float*>(writable_), elements()};
}
std::span<std::int64_t> Tensor::writable_integers() {
  assert(!is_floating(type));
  return {static_cast<std::int64_t*>(writable_), elements()};
}

Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

}  // namespace mho::network
