#pragma once
// Tensors of a network: shapes, element types, constants.
//
// Inside the executor a number is a float32 or an int64: narrower types are widened when they are read, and
// the declared type stays with the tensor for the operators whose result depends on it (Cast,
// QuantizeLinear).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mho::network {

using Shape = std::vector<std::int64_t>;

/// Numbers as in ONNX's TensorProto.DataType.
enum class DataType : std::int32_t {
  f32 = 1,
  u8 = 2,
  i8 = 3,
  u16 = 4,
  i16 = 5,
  i32 = 6,
  i64 = 7,
  text = 8,
  boolean = 9,
  f16 = 10,
  f64 = 11,
  u32 = 12,
  u64 = 13,
  bf16 = 16
};

/// Held as float32; all other numbers as int64.
inline bool is_floating(DataType type) {
  return type == DataType::f32 || type == DataType::f16 || type == DataType::f64 || type == DataType::bf16;
}
/// True for the types above except text.
bool is_number(DataType type);
std::string name(DataType type);

/// Product of the dimensions. Throws core::InvalidInput where one is negative or the product passes 2^40.
std::size_t element_count(const Shape& shape);
/// "2×3×32×32", "scalar" for rank 0.
std::string text(const Shape& shape);

/// What a value is, without its numbers.
struct TensorType {
  DataType type = DataType::f32;
  Shape shape;

  std::size_t elements() const { return element_count(shape); }
  std::size_t bytes() const { return elements() * (is_floating(type) ? 4 : 8); }
};

/// A constant. Copies share the numbers.
class Tensor : public TensorType {
 public:
  Tensor() = default;
  /// Zeros.
  Tensor(DataType type, Shape shape);
  /// Numbers that lie in memory which `owner` keeps alive.
  Tensor(DataType type, Shape shape, std::shared_ptr<const void> owner, const void* data);
  static Tensor of_floats(std::span<const float> values, Shape shape);
  static Tensor of_integers(std::span<const std::int64_t> values, Shape shape, DataType type = DataType::i64);

  const void* data() const { return data_; }
  std::span<const float> floats() const;           ///< [is_floating(type)]
  std::span<const std::int64_t> integers() const;  ///< [!is_floating(type)]
  /// To fill a tensor that was just made by the first constructor.
  void* writable() { return writable_; }
  std::span<float> writable_floats();
  std::span<std::int64_t> writable_integers();

 private:
  std::shared_ptr<const void> owner_;
  const void* data_ = nullptr;
  void* writable_ = nullptr;
};

/// Elements of row-major strides for a shape.
Shape row_major_strides(const Shape& shape);

}  // namespace mho::network
