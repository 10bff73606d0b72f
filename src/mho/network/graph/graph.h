#pragma once
// A network as nodes and values, before it is bound to a batch size.

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mho/network/onnx/onnx_reader.h"
#include "mho/network/onnx/tensor.h"

namespace mho::network {

/// What follows a layer's sums before anything is written: y <- clip(y + residual, lo, hi).
struct Epilogue {
  int residual = -1;  ///< value that is added; -1: none
  float lo = -std::numeric_limits<float>::infinity();
  float hi = std::numeric_limits<float>::infinity();

  bool clips() const {
    return lo > -std::numeric_limits<float>::infinity() || hi < std::numeric_limits<float>::infinity();
  }
};

struct Node {
  std::string name;                  ///< "" where the file gives none
  std::string op;                    ///< "Conv"; with its domain before it where that isn't ONNX's own
  std::vector<int> inputs, outputs;  ///< values; -1: an optional one that is left out
  std::map<std::string, OnnxAttribute> attributes;
  Epilogue epilogue;  ///< of Conv, Gemm and MatMul
  /// Layers with weights that the node itself asks, once a time step: the recurrent products (recurrent.h).
  std::vector<Node> inner;
};

struct GraphInput {
  int value = -1;
  DataType type = DataType::f32;
  std::vector<OnnxDimension> shape;
};

/// Every value is made once, before it is read.
struct Graph {
  std::string source;       ///< file, for messages
  core::Digest contents{};  ///< of the file (OnnxModel)
  std::int64_t opset = 0;
  std::vector<std::string> value_names;
  std::vector<std::optional<Tensor>> constants;  ///< per value
  std::vector<Node> nodes;                       ///< in order of computing
  std::vector<GraphInput> inputs;
  std::vector<int> outputs;
  std::map<std::string, std::string> metadata;  ///< of the file

  int add_value(std::string name);
  /// How messages call a node: "node 'conv1' (Conv)", or by its first output where it has no name.
  std::string describe(const Node& node) const;
  /// Number of readers of each value: nodes, epilogues, graph outputs.
  std::vector<int> reader_counts() const;
};

/// Values from names. Throws core::InvalidInput for a value that nobody makes, or that is made twice.
Graph make_graph(OnnxModel model);

/// What leaves the answers as they are and takes work away, in place: Constant, Identity and inference-time
/// Dropout vanish; nodes of constants are computed; recurrent nodes and ConvTranspose are lowered
/// (recurrent.h, transposed.h);
/// BatchNormalization goes into the convolution before it; what nobody reads goes.
void simplify(Graph& graph);

/// Additions and activations that follow weight layers become their epilogues, a constant added to a MatMul
/// its bias. `types`: of every value (infer_shapes), for sums must not stretch; empty: no sums.
void fuse(Graph& graph, const std::vector<TensorType>& types);

/// Conv, Gemm or MatMul whose second operand is constant and whose first isn't, with at most a bias an
/// output: what an array can hold.
bool is_weight_layer(const Graph& graph, const Node& node);

}  // namespace mho::network
