// From ConvTranspose to a 1×1 Conv and a sum of windows.

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mho/core/error.h"
#include "mho/network/graph/transposed.h"

namespace mho::network {
namespace {

/// (in, out/groups, kernel…) to (groups·positions·out/groups, in/groups, 1…): outputs of one kernel position
/// lie together, so that a window is added channel by channel.
Tensor kernel_as_columns(const Tensor& w, std::size_t groups) {
  const auto in = static_cast<std::size_t>(w.shape[0]) / groups, out = static_cast<std::size_t>(w.shape[1]);
  const std::size_t positions = w.elements() / (in * groups * out);
  Shape shape(w.shape.size(), 1);
  shape[0] = static_cast<std::int64_t>(groups * positions * out);
  shape[1] = static_cast<std::int64_t>(in);
  Tensor result(DataType::f32, shape);
  const auto from = w.floats();
  float* to = result.writable_floats().data();
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t k = 0; k < positions; ++k) {
      for (std::size_t o = 0; o < out; ++o) {
        for (std::size_t i = 0; i < in; ++i) *to++ = from[((g * in + i) * out + o) * positions + k];
      }
    }
  }
  return result;
}

/// The two nodes that take the place of one.
std::vector<Node> lowered(Graph& graph, const Node& node) {
  const auto need = [&](bool condition, const std::string& what) {
    if (!condition) throw core::InvalidInput(fmt::format("{}: {}", graph.describe(node), what));
  };
  const auto input = [&](std::size_t i) { return i < node.inputs.size() ? node.inputs[i] : -1; };
  const auto is_constant = [&](int v) { return graph.constants[v] && is_floating(graph.constants[v]->type); };
  need(input(0) >= 0 && input(1) >= 0 && node.inputs.size() <= 3, "needs an input and weights");
  need(is_constant(input(1)) && (input(2) < 0 || is_constant(input(2))),
       "weights and bias must be constant floating-point numbers");
  const Tensor w = *graph.constants[input(1)];
  const auto found = node.attributes.find("group");
  const std::int64_t groups = found != node.attributes.end() ? found->second.i.value_or(1) : 1;
  need(w.shape.size() == 3 || w.shape.size() == 4,
       fmt::format(
           "weights of shape {}: must have three or four dimensions (inputs, outputs/groups, kernel); one "
           "or two spatial ones are supported",
           text(w.shape)));
  need(w.elements() > 0,
       fmt::format("weights of shape {}: every dimension must be at least 1", text(w.shape)));
  need(groups > 0 && w.shape[0] % groups == 0,
       fmt::format("weights of shape {} in {} groups", text(w.shape), groups));
  const Shape kernel(w.shape.begin() + 2, w.shape.end());
  const auto given = node.attributes.find("kernel_shape");
  need(given == node.attributes.end() || given->second.ints == kernel,
       "attribute 'kernel_shape' contradicts the weights");
  need(input(2) < 0 || graph.constants[input(2)]->elements() == static_cast<std::size_t>(w.shape[1] * groups),
       "needs one bias an output channel");

  const std::string name = graph.value_names[input(1)];  // a copy: values are added below
  const int columns = graph.add_value(name);
  graph.constants[columns] = kernel_as_columns(w, static_cast<std::size_t>(groups));
  Node product;
  product.name = node.name;
  product.op = "Conv";
  product.inputs = {input(0), columns};
  product.outputs = {graph.add_value(name + ".windows")};
  product.attributes["group"].i = groups;
  product.attributes[std::string(weights_of_transposed)].ints = w.shape;
  Node sum = node;
  sum.inputs = {product.outputs[0], -1, input(2)};
  sum.attributes["kernel_shape"].ints = kernel;
  return {std::move(product), std::move(sum)};
}

}  // namespace

void lower_transposed(Graph& graph) {
  const auto there = [](const Node& node) { return node.op == "ConvTranspose"; };
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), there)) return;
  std::vector<Node> nodes;
  for (const auto& node : graph.nodes) {
    if (!there(node)) {
      nodes.push_back(node);
      continue;
    }
    auto made = lowered(graph, node);
    std::move(made.begin(), made.end(), std::back_inserter(nodes));
  }
  graph.nodes = std::move(nodes);
}

}  // namespace mho::network
