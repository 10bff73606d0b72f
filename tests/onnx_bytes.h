#pragma once
// The bytes of a small ONNX file whose weights lie in a file beside it: field numbers as in onnx.proto3
// (https://onnx.ai/onnx/repo-docs/IR.html).

#include <cstdint>
#include <string>
#include <vector>

namespace mho::testing {

inline std::string varint(std::uint64_t number) {
  std::string out;
  for (; number > 0x7f; number >>= 7) out += static_cast<char>((number & 0x7f) | 0x80);
  return out + static_cast<char>(number);
}
inline std::string field(unsigned number, std::uint64_t value) { return varint(number << 3) + varint(value); }
inline std::string field(unsigned number, const std::string& value) {
  return varint(number << 3 | 2) + varint(value.size()) + value;
}

/// y (N, outputs) = x (N, inputs) · W, a MatMul; W (inputs, outputs), float32, in the file `weights`.
inline std::string dense_with_external_weights(unsigned inputs, unsigned outputs,
                                               const std::string& weights) {
  const auto entry = [](const char* key, const std::string& value) {
    return field(13, field(1, std::string(key)) + field(2, value));
  };
  const std::string tensor = field(1, inputs) + field(1, outputs) + field(2, 1) + field(8, std::string("W")) +
                             entry("location", weights) + field(14, 1);
  const std::string node = field(1, std::string("x")) + field(1, std::string("W")) +
                           field(2, std::string("y")) + field(3, std::string("fc")) +
                           field(4, std::string("MatMul"));
  const auto value = [](const char* name, unsigned size) {
    const std::string shape = field(1, field(2, std::string("N"))) + field(1, field(1, std::uint64_t{size}));
    return field(1, std::string(name)) + field(2, field(1, field(1, std::uint64_t{1}) + field(2, shape)));
  };
  const std::string graph = field(1, node) + field(2, std::string("dense")) + field(5, tensor) +
                            field(11, value("x", inputs)) + field(12, value("y", outputs));
  return field(1, std::uint64_t{7}) + field(7, graph) + field(8, field(2, std::uint64_t{13}));
}

/// Numbers between -1 and 1 from a small generator (Lehmer's, modulus 2^31-1), as bytes.
inline std::string some_floats(std::size_t count, std::uint64_t seed) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    seed = seed * 48271 % 2147483647;
    const float number = static_cast<float>(seed) / 1073741824.0f - 1;
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  return out;
}

}  // namespace mho::testing
