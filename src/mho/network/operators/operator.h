#pragma once
// What an operator is: a function that sees one node with the shapes (and constants) of its inputs and gives
// the shapes of its outputs and what computes them. Shape inference, constant folding and planning are all
// this one step.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mho/network/graph/graph.h"
#include "mho/network/onnx/tensor.h"

namespace mho::network {

/// How the numbers of a value of rank >= 3 lie in memory: as in its shape (N, C, spatial…), or with the
/// channels last (N, spatial…, C). Shapes are always said in ONNX's order.
enum class Layout { plain, channels_last };

/// Memory order of the dimensions: element i is the dimension that comes i-th.
std::vector<std::size_t> memory_order(std::size_t rank, Layout layout);
/// The shape as it lies in memory.
Shape memory_shape(const Shape& shape, Layout layout);
/// Where dimension `axis` of a shape of that rank lies in memory.
std::size_t memory_axis(std::size_t axis, std::size_t rank, Layout layout);

struct RunState;  // run_state.h: what a run of a plan hands to analog layers

/// Memory of the inputs and outputs of one step while it runs; the output never overlaps an input.
struct Operands {
  std::span<const void* const> in;  ///< null where an optional input is left out
  std::span<void* const> out;
  std::byte* scratch = nullptr;
  RunState* run = nullptr;

  const float* floats(std::size_t i) const { return static_cast<const float*>(in[i]); }
  const std::int64_t* integers(std::size_t i) const { return static_cast<const std::int64_t*>(in[i]); }
  float* out_floats(std::size_t i = 0) const { return static_cast<float*>(out[i]); }
  std::int64_t* out_integers(std::size_t i = 0) const { return static_cast<std::int64_t*>(out[i]); }
};

/// A node bound to shapes. `compute` may run in many threads at once.
struct Bound {
  std::vector<TensorType> outputs;
  Layout layout = Layout::plain;  ///< of every output of rank >= 3
  bool alias = false;             ///< the output is input 0's memory under another shape: nothing to compute
  std::function<void(const Operands&)> compute;
  std::size_t scratch_bytes = 0;
  std::string implementation;  ///< of the library that computes it, for checks
};

/// One input of a node while it is bound.
struct Operand {
  TensorType type;
  Layout layout = Layout::plain;
  const Tensor* constant = nullptr;  ///< plain layout; null where computed at run time
  bool present = false;
};

/// What an operator sees of its node. Where the shapes or attributes are wrong, fail().
class Binding {
 public:
  Binding(const Graph& graph, const Node& node, std::span<const Operand> operands);

  const Graph& graph;
  const Node& node;
  bool only_shapes = false;  ///< the outputs' types are all that is asked for: `compute` may be left empty

  /// Inputs that the node names; what its epilogue adds follows as one more operand.
  std::size_t inputs() const { return node.inputs.size(); }
  bool has(std::size_t i) const { return i < operands_.size() && operands_[i].present; }
  const TensorType& type(std::size_t i) const { return operand(i).type; }
  const Shape& shape(std::size_t i) const { return operand(i).type.shape; }
  std::size_t rank(std::size_t i) const { return shape(i).size(); }
  Layout layout(std::size_t i) const { return operand(i).layout; }
  const Tensor* constant(std::size_t i) const { return operand(i).constant; }

  /// Binds inner layer k of the node for vectors of that type, as `inner_layer` wants it.
  Bound bind_inner(std::size_t k, const TensorType& vectors) const;
  /// What the plan binds in the place of an inner layer that computes in float; empty: that itself.
  std::function<Bound(Binding& b, std::size_t k)> inner_layer;

  /// Puts other numbers in the place of a constant input.
  void replace(std::size_t i, Tensor constant);
  /// Asks for input i in another layout; the plan converts it before this node.
  void want(std::size_t i, Layout layout);

  std::int64_t integer(std::string_view attribute, std::int64_t fallback) const;
  float number(std::string_view attribute, float fallback) const;
  std::string word(std::string_view attribute, std::string_view fallback) const;
  std::vector<std::int64_t> integers(std::string_view attribute, std::vector<std::int64_t> fallback) const;
  bool has_attribute(std::string_view attribute) const;
  /// Numbers of an input that must be a constant, as `what` in the message.
  std::vector<std::int64_t> constant_integers(std::size_t i, std::string_view what) const;
  std::vector<float> constant_floats(std::size_t i, std::string_view what) const;
  /// Attribute of old operator sets, input of newer ones; `fallback` where neither is there.
  std::vector<std::int64_t> integers_either(std::string_view attribute, std::size_t input,
                                            std::vector<std::int64_t> fallback) const;
  /// A dimension number that may count from the end.
  std::size_t axis(std::int64_t value, std::size_t rank) const;

  [[noreturn]] void fail(const std::string& what) const;
  void need(bool condition, const std::string& what) const {
    if (!condition) fail(what);
  }
  /// Between `min` and `max` inputs, the first `min` present.
  void need_inputs(std::size_t min, std::size_t max) const;
  /// Every present input among them is held as float32.
  void need_floats(std::initializer_list<std::size_t> which) const;

 private:
  const Operand& operand(std::size_t i) const;
  std::vector<Operand> operands_;
  std::vector<std::shared_ptr<const Tensor>> replacements_;
};

struct Operator {
  Bound (*bind)(Binding&) = nullptr;
  bool takes_channels_last = false;  ///< else the plan hands every input over in plain layout
};

/// Null for an operator that isn't supported.
const Operator* find_operator(std::string_view op);
/// Names of all supported operators, sorted.
std::vector<std::string> supported_operators();

/// One family of operators a file: name and function.
struct OperatorEntry {
  std::string_view name;
  Operator op;
};
std::span<const OperatorEntry> convolution_operators();
std::span<const OperatorEntry> elementwise_operators();
std::span<const OperatorEntry> matrix_operators();
std::span<const OperatorEntry> normalization_operators();
std::span<const OperatorEntry> pooling_operators();
std::span<const OperatorEntry> quantization_operators();
std::span<const OperatorEntry> recurrent_operators();
std::span<const OperatorEntry> reduction_operators();
std::span<const OperatorEntry> resize_operators();
std::span<const OperatorEntry> selection_operators();
std::span<const OperatorEntry> shape_operators();
std::span<const OperatorEntry> transposed_operators();

}  // namespace mho::network
