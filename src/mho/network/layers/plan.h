#pragma once
// A graph bound to a batch: which steps run in which order on which memory. Made once, never changed,
// shared by all threads, each of which has its own RunState.

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mho/network/graph/graph.h"
#include "mho/network/onnx/tensor.h"
#include "mho/network/operators/operator.h"
#include "mho/network/operators/run_state.h"

namespace mho::network {

/// Binds a layer with weights in the place of bind(), which computes it in float: gets its number (in the
/// order of nodes) and its binding.
using LayerBinder = std::function<Bound(Binding& b, std::size_t layer)>;

struct PlanOptions {
  LayerBinder layer;         ///< empty: every layer in float
  bool keep_values = false;  ///< values don't share memory, so that all can be looked at after a run
};

class Plan {
 public:
  /// `inputs`: the shape of every input. Throws core::InvalidInput naming the node that doesn't fit.
  Plan(const Graph& graph, std::span<const Shape> inputs, const PlanOptions& options = {});

  /// Makes room for this plan in a thread's state.
  void prepare(RunState& state) const;
  /// Runs all steps; inputs lie in input(state, i). The caller holds a OneThread.
  void run(RunState& state) const { run(state, 0, steps_.size()); }
  /// Runs on from step `first` until layer number `layer` is done, with the others of its step; gives the
  /// step after it.
  std::size_t run_until(RunState& state, std::size_t first, std::size_t layer) const;

  std::size_t inputs() const { return input_values_.size(); }
  std::size_t outputs() const { return output_values_.size(); }
  const TensorType& input_type(std::size_t i) const { return values_[input_values_[i]].type; }
  const TensorType& output_type(std::size_t i) const { return values_[output_values_[i]].type; }
  std::span<std::byte> input(RunState& state, std::size_t i) const;
  std::span<const std::byte> output(const RunState& state, std::size_t i) const;

  /// With keep_values: the numbers of any value of the graph after a run, in ONNX's order. Empty where the
  /// value never exists (it was fused away).
  std::optional<Tensor> value(const RunState& state, int graph_value) const;

  std::size_t arena_bytes() const { return arena_bytes_; }
  /// One line a step: operator, node, implementation, shape of the output.
  std::string describe() const;
  /// Names of the library's implementations, per step; "" where there is none.
  std::vector<std::string> implementations() const;

 private:
  struct Storage {
    std::size_t bytes = 0, offset = 0;
    int first = 0, last = 0;  ///< steps between which it must last
  };
  struct Value {
    TensorType type;
    Layout layout = Layout::plain;
    std::optional<Tensor> constant;
    int storage = -1;
    bool exists = false;
  };
  struct Step {
    Bound bound;
    std::vector<int> inputs, outputs;  ///< values; -1: none
    std::string label;
    std::size_t layers = 0;  ///< with weights, in this step and those before it
  };

  int add_storage(std::size_t bytes, int step);
  int in_layout(int value, Layout layout);
  void bind_node(const Graph& graph, const Node& node, std::size_t layer, const PlanOptions& options,
                 std::size_t limit);
  void place(bool keep_values);
  void run(RunState& state, std::size_t first, std::size_t end) const;
  const void* address(const RunState& state, int value) const;

  std::vector<Value> values_;  ///< those of the graph, then converted ones
  std::vector<std::array<int, 2>>
      converted_;  ///< per value: the same in plain and channels-last layout, or -1
  std::vector<Storage> storages_;
  std::vector<Step> steps_;
  std::vector<int> input_values_, output_values_;
  std::size_t arena_bytes_ = 0, scratch_bytes_ = 0;
};

}  // namespace mho::network
