#include "mho/network/graph/graph.h"

#include <fmt/core.h>

#include <unordered_map>

#include "mho/core/error.h"
#include "mho/network/graph/transposed.h"

namespace mho::network {

int Graph::add_value(std::string value_name) {
  value_names.push_back(std::move(value_name));
  constants.emplace_back();
  return static_cast<int>(value_names.size()) - 1;
}

std::string Graph::describe(const Node& node) const {
  const bool lowered = node.attributes.contains(std::string(weights_of_transposed));
  const std::string op = lowered ? "ConvTranspose" : node.op;
  if (!node.name.empty()) return fmt::format("{}: node '{}' ({})", source, node.name, op);
  const std::string made = node.outputs.empty() || node.outputs[0] < 0 ? "?" : value_names[node.outputs[0]];
  return fmt::format("{}: the node ({}) that makes '{}'", source, op, made);
}

std::vector<int> Graph::reader_counts() const {
  std::vector<int> counts(value_names.size(), 0);
  for (const auto& node : nodes) {
    for (const int v : node.inputs) {
      if (v >= 0) ++counts[v];
    }
    if (node.epilogue.residual >= 0) ++counts[node.epilogue.residual];
  }
  for (const int v : outputs) ++counts[v];
  return counts;
}

Graph make_graph(OnnxModel model) {
  Graph graph;
  graph.source = model.source;
  graph.contents = model.contents;
  graph.opset = model.opset;
  graph.metadata = std::move(model.metadata);
  std::unordered_map<std::string, int> values;
  const auto define = [&](const std::string& value_name) {
    if (value_name.empty()) return -1;
    const auto [at, is_new] = values.emplace(value_name, 0);
    if (!is_new)
      throw core::InvalidInput(fmt::format("{}: the value '{}' is made twice", model.source, value_name));
    return at->second = graph.add_value(value_name);
  };
  for (auto& [tensor_name, tensor] : model.initializers) {
    const int v = define(tensor_name);
    if (v >= 0) graph.constants[v] = std::move(tensor);
  }
  for (auto& input : model.inputs) {
    if (input.name.empty()) throw core::InvalidInput(model.source + ": an input has no name");
    if (!is_number(input.type)) {
      throw core::InvalidInput(fmt::format("{}: input '{}' has an element type that is not supported ({})",
                                           model.source, input.name, name(input.type)));
    }
    if (!input.has_shape)
      throw core::InvalidInput(fmt::format("{}: input '{}' has no shape", model.source, input.name));
    graph.inputs.push_back({define(input.name), input.type, std::move(input.shape)});
  }
  for (auto& from : model.nodes) {
    Node node;
    node.name = std::move(from.name);
    node.op = from.domain.empty() ? from.op_type : from.domain + "." + from.op_type;
    node.attributes = std::move(from.attributes);
    for (const auto& input : from.inputs) {
      const auto found = values.find(input);
      if (!input.empty() && found == values.end()) {
        throw core::InvalidInput(fmt::format("{}: node '{}' ({}) reads '{}', which nothing before it makes",
                                             model.source, node.name, node.op, input));
      }
      node.inputs.push_back(input.empty() ? -1 : found->second);
    }
    for (const auto& output : from.outputs) node.outputs.push_back(define(output));
    graph.nodes.push_back(std::move(node));
  }
  for (const auto& output : model.outputs) {
    const auto found = values.find(output.name);
    if (found == values.end()) {
      throw core::InvalidInput(fmt::format("{}: nothing makes the output '{}'", model.source, output.name));
    }
    graph.outputs.push_back(found->second);
  }
  return graph;
}

bool is_weight_layer(const Graph& graph, const Node& node) {
  if (node.op != "Conv" && node.op != "Gemm" && node.op != "MatMul") return false;
  if (node.inputs.size() < 2 || node.inputs[0] < 0 || node.inputs[1] < 0) return false;
  const auto& weights = graph.constants[node.inputs[1]];
  if (!weights || !is_floating(weights->type) || graph.constants[node.inputs[0]]) return false;
  if (node.op == "Conv") return true;
  if (weights->shape.size() != 2 || weights->elements() == 0) return false;
  if (node.op == "MatMul") return true;
  const auto flag = [&](const char* key) {
    const auto found = node.attributes.find(key);
    return found != node.attributes.end() && found->second.i.value_or(0) != 0;
  };
  if (flag("transA")) return false;
  if (node.inputs.size() < 3 || node.inputs[2] < 0) return true;
  const auto& bias = graph.constants[node.inputs[2]];
  if (!bias || !is_floating(bias->type)) return false;
  const std::size_t count = bias->elements();
  if (count == 1) return true;
  const auto out = static_cast<std::size_t>(weights->shape[flag("transB") ? 0 : 1]);
  return count == out && static_cast<std::size_t>(bias->shape.back()) == out;
}

}  // namespace mho::network
