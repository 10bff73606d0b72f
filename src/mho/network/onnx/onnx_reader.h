#pragma once
// Reads ONNX files (onnx.proto3, opset 7 to 21): the wire format as it is, into plain structures.
//
// A hostile file gives an InvalidInput and never more memory than its own size justifies: tensors are
// checked against the bytes that are there before anything is allocated.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mho/core/sha256.h"
#include "mho/network/onnx/tensor.h"

namespace mho::network {

struct OnnxAttribute {
  std::optional<float> f;
  std::optional<std::int64_t> i;
  std::optional<std::string> s;
  std::optional<Tensor> t;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string> strings;
  bool has_graph = false;  ///< control flow (If, Loop, Scan), which is not supported
};

struct OnnxNode {
  std::string name, op_type, domain;
  std::vector<std::string> inputs, outputs;  ///< "": an optional one that is left out
  std::map<std::string, OnnxAttribute> attributes;
};

/// A graph input or output. A dimension is a number, a name (symbolic), or neither (unknown).
struct OnnxDimension {
  std::optional<std::int64_t> value;
  std::string symbol;
};
struct OnnxValue {
  std::string name;
  DataType type = DataType::f32;
  bool has_shape = false;
  std::vector<OnnxDimension> shape;
};

struct OnnxModel {
  std::string source;       ///< file name, for messages
  core::Digest contents{};  ///< of the file and its external data; zeros where it was in no file
  std::int64_t opset = 0;
  std::vector<OnnxNode> nodes;
  std::map<std::string, Tensor> initializers;
  std::vector<OnnxValue> inputs;  ///< without those that are initializers
  std::vector<OnnxValue> outputs;
  std::map<std::string, std::string> metadata;  ///< what the maker says of it
};

/// Reads the file whole; float32 tensors in raw_data that lie aligned are used where they are. External
/// data is looked for beside the file and never outside its folder. Throws core::InvalidInput, also where
/// somebody writes to the files meanwhile.
OnnxModel read_onnx(const std::string& path);

/// The same from memory, without external data. `bytes` may go away afterwards.
OnnxModel read_onnx(std::span<const std::byte> bytes, const std::string& source);

}  // namespace mho::network
