// What takes work away from a graph without changing its answers.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mho/core/error.h"
#include "mho/network/graph/graph.h"
#include "mho/network/graph/recurrent.h"
#include "mho/network/graph/transposed.h"
#include "mho/network/operators/evaluate.h"

namespace mho::network {
namespace {

/// Every reader of `from` reads `to` from now on.
void replace_value(Graph& graph, int from, int to) {
  for (auto& node : graph.nodes) {
    std::replace(node.inputs.begin(), node.inputs.end(), from, to);
    if (node.epilogue.residual == from) node.epilogue.residual = to;
  }
  std::replace(graph.outputs.begin(), graph.outputs.end(), from, to);
}

std::optional<Tensor> value_of_constant(const Graph& graph, const Node& node) {
  const auto attribute = [&](const char* key) -> const OnnxAttribute* {
    const auto found = node.attributes.find(key);
    return found == node.attributes.end() ? nullptr : &found->second;
  };
  if (const auto* a = attribute("value"); a != nullptr && a->t) return *a->t;
  if (const auto* a = attribute("value_float"); a != nullptr && a->f)
    return Tensor::of_floats(std::vector<float>{*a->f}, {});
  if (const auto* a = attribute("value_int"); a != nullptr && a->i)
    return Tensor::of_integers(std::vector<std::int64_t>{*a->i}, {});
  if (const auto* a = attribute("value_floats"))
    return Tensor::of_floats(a->floats, {static_cast<std::int64_t>(a->floats.size())});
  if (const auto* a = attribute("value_ints"))
    return Tensor::of_integers(a->ints, {static_cast<std::int64_t>(a->ints.size())});
  throw core::InvalidInput(graph.describe(node) + ": holds no numbers that are supported");
}

void erase_marked(Graph& graph, const std::vector<bool>& gone) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (gone[i]) continue;
    if (kept != i) graph.nodes[kept] = std::move(graph.nodes[i]);
    ++kept;
  }
  graph.nodes.resize(kept);
}

/// Constant, Identity, Dropout, and nodes of constants.
void fold(Graph& graph) {
  const std::size_t limit = folding_limit(graph);
  std::vector<bool> gone(graph.nodes.size(), false);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.op == "Constant" && node.outputs.size() == 1 && node.outputs[0] >= 0) {
      graph.constants[node.outputs[0]] = value_of_constant(graph, node);
      gone[n] = true;
      continue;
    }
    const bool passes =
        node.op == "Identity" || (node.op == "Dropout" && (node.outputs.size() < 2 || node.outputs[1] < 0));
    if (passes && !node.inputs.empty() && node.inputs[0] >= 0 && !node.outputs.empty() &&
        node.outputs[0] >= 0) {
      const int from = node.outputs[0], to = node.inputs[0];
      replace_value(graph, from, to);
      gone[n] = true;
      continue;
    }
    if (is_recurrent(node.op) || node.op == "ConvTranspose") continue;  // to be lowered first
    bool all_known = find_operator(node.op) != nullptr && !node.outputs.empty();
    for (const int v : node.inputs) all_known = all_known && (v < 0 || graph.constants[v]);
    if (!all_known || node.inputs.empty()) continue;
    const auto values = evaluate(graph, node, limit);
    const auto outputs = node.outputs;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i] < 0) continue;
      if (i >= values.size())
        throw core::InvalidInput(fmt::format("{}: output {} is not supported", graph.describe(node), i));
      graph.constants[outputs[i]] = values[i];
    }
    gone[n] = true;
  }
  erase_marked(graph, gone);
}

std::vector<int> makers(const Graph& graph) {
  std::vector<int> maker(graph.value_names.size(), -1);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const int v : graph.nodes[n].outputs) {
      if (v >= 0) maker[v] = static_cast<int>(n);
    }
  }
  return maker;
}

/// Floats of a constant input with exactly n elements, or null.
const float* floats_of(const Graph& graph, int value, std::size_t n) {
  if (value < 0 || !graph.constants[value]) return nullptr;
  const Tensor& tensor = *graph.constants[value];
  return is_floating(tensor.type) && tensor.elements() == n ? tensor.floats().data() : nullptr;
}

int add_constant(Graph& graph, const std::string& name, Tensor tensor) {
  const int v = graph.add_value(name);
  graph.constants[v] = std::move(tensor);
  return v;
}

/// y = scale·(Wx + b - mean) + shift becomes one Conv. True where it could be done.
bool fold_into_convolution(Graph& graph, Node& conv, const Node& norm) {
  if (conv.op != "Conv" || !is_weight_layer(graph, conv) || norm.inputs.size() != 5) return false;
  const Tensor& w = *graph.constants[conv.inputs[1]];
  if (w.shape.empty() || w.shape[0] <= 0) return false;
  const auto out = static_cast<std::size_t>(w.shape[0]);
  const float* statistics[4];
  for (int i = 0; i < 4; ++i) {
    statistics[i] = floats_of(graph, norm.inputs[i + 1], out);
    if (statistics[i] == nullptr) return false;
  }
  const bool has_bias = conv.inputs.size() > 2 && conv.inputs[2] >= 0;
  const float* bias = has_bias ? floats_of(graph, conv.inputs[2], out) : nullptr;
  if (has_bias && bias == nullptr) return false;
  const auto found = norm.attributes.find("epsilon");
  const double epsilon = found != norm.attributes.end() && found->second.f ? *found->second.f : 1e-5f;
  Tensor weights(w.type, w.shape), shift(DataType::f32, {static_cast<std::int64_t>(out)});
  const std::size_t each = w.elements() / out;
  for (std::size_t o = 0; o < out; ++o) {
    const double scale = statistics[0][o] / std::sqrt(statistics[3][o] + epsilon);
    for (std::size_t i = 0; i < each; ++i)
      weights.writable_floats()[o * each + i] = static_cast<float>(w.floats()[o * each + i] * scale);
    shift.writable_floats()[o] = static_cast<float>(
        ((bias != nullptr ? bias[o] : 0.0f) - statistics[2][o]) * scale + statistics[1][o]);
  }
  const std::string weights_name = graph.value_names[conv.inputs[1]];
  const int new_weights = add_constant(graph, weights_name, std::move(weights));
  const int new_bias = add_constant(graph, weights_name + ".bias", std::move(shift));
  conv.inputs.resize(3);
  conv.inputs[1] = new_weights;
  conv.inputs[2] = new_bias;
  return true;
}

void fold_normalizations(Graph& graph) {
  std::vector<bool> gone(graph.nodes.size(), false);
  const auto readers = graph.reader_counts();
  const auto maker = makers(graph);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& norm = graph.nodes[n];
    if (norm.op != "BatchNormalization" || norm.inputs.empty() || norm.inputs[0] < 0 ||
        norm.outputs.size() != 1)
      continue;
    const int x = norm.inputs[0];
    if (maker[x] < 0 || readers[x] != 1 || gone[maker[x]]) continue;
    Node& conv = graph.nodes[maker[x]];
    if (!fold_into_convolution(graph, conv, norm)) continue;
    // The output keeps its name: the convolution moves to where the normalization was.
    Node merged = conv;
    merged.outputs = norm.outputs;
    gone[maker[x]] = true;
    graph.nodes[n] = std::move(merged);
  }
  erase_marked(graph, gone);
}

/// The one node that reads `value`, or -1.
int only_reader(const Graph& graph, const std::vector<int>& readers, int value, std::size_t from) {
  if (readers[value] != 1) return -1;
  for (std::size_t n = from; n < graph.nodes.size(); ++n) {
    const auto& in = graph.nodes[n].inputs;
    if (std::find(in.begin(), in.end(), value) != in.end()) return static_cast<int>(n);
  }
  return -1;
}

/// Limits of a Relu or of a Clip with constant limits.
bool limits_of_activation(const Graph& graph, const Node& node, float& lo, float& hi) {
  if (node.op == "Relu") {
    lo = 0;
    hi = std::numeric_limits<float>::infinity();
    return true;
  }
  if (node.op != "Clip") return false;
  const auto limit = [&](std::size_t input, const char* attribute, float& to) {
    if (node.inputs.size() > input && node.inputs[input] >= 0) {
      const float* value = floats_of(graph, node.inputs[input], 1);
      if (value != nullptr) to = *value;
      return value != nullptr;
    }
    const auto found = node.attributes.find(attribute);
    if (found != node.attributes.end() && found->second.f) to = *found->second.f;
    return true;
  };
  lo = -std::numeric_limits<float>::infinity();
  hi = std::numeric_limits<float>::infinity();
  return limit(1, "min", lo) && limit(2, "max", hi) && lo <= hi;
}

/// Takes `next`, which reads the layer's output, into the layer. True where it could be done.
bool absorb(Graph& graph, Node& layer, const Node& next, const std::vector<TensorType>& types) {
  const int y = layer.outputs[0];
  if (next.outputs.size() != 1 || next.outputs[0] < 0) return false;
  float lo = 0, hi = 0;
  if (!layer.epilogue.clips() && next.inputs[0] == y && limits_of_activation(graph, next, lo, hi)) {
    layer.epilogue.lo = lo;
    layer.epilogue.hi = hi;
    layer.outputs = next.outputs;
    return true;
  }
  if (next.op != "Add" || next.inputs.size() != 2 || layer.epilogue.clips() || layer.epilogue.residual >= 0)
    return false;
  const int other = next.inputs[next.inputs[0] == y ? 1 : 0];
  if (other < 0 || other == y) return false;
  if (graph.constants[other]) {
    const Tensor& bias = *graph.constants[other];
    const bool fits = layer.op == "MatMul" && layer.inputs.size() == 2 && is_floating(bias.type) &&
                      bias.shape.size() == 1 && bias.shape[0] == graph.constants[layer.inputs[1]]->shape[1];
    if (!fits) return false;
    layer.inputs.push_back(other);
  } else {
    if (types.empty() || types[other].shape != types[y].shape || !is_floating(types[other].type))
      return false;
    layer.epilogue.residual = other;
  }
  layer.outputs = next.outputs;
  return true;
}

void fuse_epilogues(Graph& graph, const std::vector<TensorType>& types) {
  const auto readers = graph.reader_counts();
  std::vector<bool> gone(graph.nodes.size(), false);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (gone[n] || !is_weight_layer(graph, graph.nodes[n]) || graph.nodes[n].outputs.size() != 1) continue;
    std::size_t at = n;
    while (true) {
      const int next = only_reader(graph, readers, graph.nodes[at].outputs[0], at + 1);
      if (next < 0 || gone[next]) break;
      Node layer = graph.nodes[at];
      if (!absorb(graph, layer, graph.nodes[next], types)) break;
      gone[at] = true;
      at = static_cast<std::size_t>(next);
      graph.nodes[at] = std::move(layer);
    }
  }
  erase_marked(graph, gone);
}

/// Nodes that nobody reads, and constants likewise.
void drop_unread(Graph& graph) {
  std::vector<bool> needed(graph.value_names.size(), false), gone(graph.nodes.size(), false);
  for (const int v : graph.outputs) needed[v] = true;
  for (std::size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    gone[n] =
        std::none_of(node.outputs.begin(), node.outputs.end(), [&](int v) { return v >= 0 && needed[v]; });
    if (gone[n]) continue;
    for (const int v : node.inputs) {
      if (v >= 0) needed[v] = true;
    }
    if (node.epilogue.residual >= 0) needed[node.epilogue.residual] = true;
    for (const auto& inner : node.inner) {
      for (const int v : inner.inputs) needed[v] = true;
    }
  }
  erase_marked(graph, gone);
  for (std::size_t v = 0; v < needed.size(); ++v) {
    if (!needed[v]) graph.constants[v].reset();
  }
}

}  // namespace

void simplify(Graph& graph) {
  fold(graph);
  lower_recurrent(graph);
  lower_transposed(graph);
  fold_normalizations(graph);
  drop_unread(graph);
}

void fuse(Graph& graph, const std::vector<TensorType>& types) { fuse_epilogues(graph, types); }

}  // namespace mho::network
