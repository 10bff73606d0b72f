#include "mho/network/operators/evaluate.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>

#include "mho/core/error.h"
#include "mho/core/matrix.h"
#include "mho/network/operators/onednn.h"
#include "mho/network/operators/strided_copy.h"

namespace mho::network {

Bound bind(Binding& b) {
  const Operator* op = find_operator(b.node.op);
  if (op == nullptr) b.fail("this operator is not supported");
  if (!op->takes_channels_last) {
    for (std::size_t i = 0; i < b.inputs(); ++i) b.want(i, Layout::plain);
  }
  Bound bound;
  try {
    bound = op->bind(b);
  } catch (const dnnl::error& error) {
    b.fail(fmt::format("oneDNN does not compute it: {}", error.what()));
  }
  for (const auto& output : bound.outputs) (void)output.elements();
  return bound;
}

namespace {

Tensor in_layout(const Tensor& tensor, Layout from, Layout to) {
  if (same_order(tensor.shape, from, to)) return tensor;
  Tensor result(tensor.type, tensor.shape);
  change_of_layout(tensor.shape, from, to)
      .run(tensor.data(), result.writable(), is_floating(tensor.type) ? 4 : 8);
  return result;
}

/// Binds and computes a node whose operands are `operands`; all must be constants.
std::vector<Tensor> compute(Binding& b, const Bound& bound, std::size_t limit_bytes) {
  std::size_t bytes = bound.scratch_bytes;
  for (const auto& output : bound.outputs) bytes += output.bytes();
  b.need(bytes <= limit_bytes,
         fmt::format("makes a constant of {} bytes, more than the file justifies", bytes));
  if (b.node.op == "Conv" || b.node.op == "Gemm" || b.node.op == "MatMul") {
    const double work =
        static_cast<double>(bound.outputs[0].elements()) * static_cast<double>(b.type(1).elements());
    b.need(work < 1e10, "asks for too much work on constants");
  }
  std::vector<Tensor> inputs;
  std::vector<const void*> in(b.inputs(), nullptr);
  inputs.reserve(b.inputs());
  for (std::size_t i = 0; i < b.inputs(); ++i) {
    if (!b.has(i) || b.constant(i) == nullptr) continue;  // Shape asks for no numbers
    inputs.push_back(in_layout(*b.constant(i), Layout::plain, b.layout(i)));
    in[i] = inputs.back().data();
  }
  std::vector<Tensor> outputs;
  if (bound.alias) {
    Tensor result = inputs.front();
    result.type = bound.outputs[0].type;
    result.shape = bound.outputs[0].shape;
    return {in_layout(result, bound.layout, Layout::plain)};
  }
  std::vector<void*> out;
  for (const auto& output : bound.outputs) {
    outputs.emplace_back(output.type, output.shape);
    out.push_back(outputs.back().writable());
  }
  out.resize(std::max(out.size(), b.node.outputs.size()), nullptr);
  core::AlignedVector<std::byte> scratch(bound.scratch_bytes);
  bound.compute({in, out, scratch.data(), nullptr});
  for (auto& output : outputs) output = in_layout(output, bound.layout, Layout::plain);
  return outputs;
}

}  // namespace

std::vector<Tensor> evaluate(const Graph& graph, const Node& node, std::size_t limit_bytes) {
  const OneThread one_thread;
  std::vector<Operand> operands;
  for (const int v : node.inputs) {
    if (v < 0)
      operands.emplace_back();
    else
      operands.push_back({*graph.constants[v], Layout::plain, &*graph.constants[v], true});
  }
  Binding b(graph, node, operands);
  const Bound bound = bind(b);
  return compute(b, bound, limit_bytes);
}

std::size_t folding_limit(const Graph& graph) {
  std::size_t bytes = 0;
  for (const auto& constant : graph.constants) bytes += constant ? constant->bytes() : 0;
  return (std::size_t{1} << 20) + 4 * bytes;
}

std::vector<TensorType> infer_shapes(const Graph& graph, std::span<const Shape> inputs) {
  const OneThread one_thread;
  std::vector<TensorType> types(graph.value_names.size());
  std::vector<std::optional<Tensor>> known = graph.constants;
  const std::size_t limit = folding_limit(graph);
  for (std::size_t v = 0; v < types.size(); ++v) {
    if (known[v]) types[v] = *known[v];
  }
  for (std::size_t i = 0; i < graph.inputs.size(); ++i)
    types[graph.inputs[i].value] = {graph.inputs[i].type, inputs[i]};
  for (const auto& node : graph.nodes) {
    std::vector<Operand> operands;
    bool all_known = true;
    const auto add = [&](int v) {
      if (v < 0) {
        operands.emplace_back();
        return;
      }
      operands.push_back({types[v], Layout::plain, known[v] ? &*known[v] : nullptr, true});
      all_known = all_known && known[v];
    };
    for (const int v : node.inputs) add(v);
    if (node.epilogue.residual >= 0) add(node.epilogue.residual);
    Binding b(graph, node, operands);
    b.only_shapes = !all_known;
    const Bound bound = bind(b);
    const bool decided = all_known || node.op == "Shape" || node.op == "Size";
    const auto values = decided ? compute(b, bound, limit) : std::vector<Tensor>{};
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const int v = node.outputs[i];
      if (v < 0) continue;
      b.need(i < bound.outputs.size(), fmt::format("output {} is not supported", i));
      types[v] = bound.outputs[i];
      if (decided) known[v] = values[i];
    }
  }
  return types;
}

void check_operators(const Graph& graph) {
  std::map<std::string, std::vector<std::string>> missing;
  for (const auto& node : graph.nodes) {
    if (find_operator(node.op) != nullptr || node.op == "Constant") continue;
    const std::string made =
        node.outputs.empty() || node.outputs[0] < 0 ? "?" : graph.value_names[node.outputs[0]];
    missing[node.op].push_back(node.name.empty() ? "the one that makes " + made : node.name);
  }
  if (missing.empty()) return;
  std::string message = graph.source + ": operators that are not supported:";
  for (const auto& [op, nodes] : missing) {
    message += fmt::format("\n  {}: node '{}'", op, nodes.front());
    if (nodes.size() > 1) message += fmt::format(" and {} more", nodes.size() - 1);
  }
  throw core::InvalidInput(message);
}

}  // namespace mho::network
