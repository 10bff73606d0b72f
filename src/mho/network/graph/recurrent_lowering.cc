// From ONNX's recurrent nodes to layers with weights and the steps between them.

#include <fmt/core.h>
#include <strings.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mho/core/error.h"
#include "mho/network/graph/recurrent.h"

namespace mho::network {

bool is_recurrent(std::string_view op) { return op == "LSTM" || op == "GRU" || op == "RNN"; }

namespace {

OnnxAttribute integer(std::int64_t value) {
  OnnxAttribute a;
  a.i = value;
  return a;
}

/// One recurrent node while it is lowered.
class Lowering {
 public:
  Lowering(Graph& graph, Node node) : graph_(graph), node_(std::move(node)) { check(); }

  /// The nodes that take its place.
  std::vector<Node> nodes();

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw core::InvalidInput(fmt::format("{}: {}", graph_.describe(node_), what));
  }
  void need(bool condition, const std::string& what) const {
    if (!condition) fail(what);
  }
  int input(std::size_t i) const { return i < node_.inputs.size() ? node_.inputs[i] : -1; }
  int output(std::size_t i) const { return i < node_.outputs.size() ? node_.outputs[i] : -1; }
  std::int64_t number(const char* key, std::int64_t fallback) const {
    const auto found = node_.attributes.find(key);
    return found != node_.attributes.end() && found->second.i ? *found->second.i : fallback;
  }
  const Tensor& weights(std::size_t i, const char* what) const {
    const int v = input(i);
    need(v >= 0, fmt::format("has no {} (input {})", what, i));
    need(graph_.constants[v].has_value() && is_floating(graph_.constants[v]->type),
         fmt::format("its {} (input {}, '{}') must be constant floating-point numbers", what, i,
                     graph_.value_names[v]));
    return *graph_.constants[v];
  }
  void check();
  void check_activations() const;
  int add_constant(const std::string& name, std::span<const float> values, Shape shape) {
    const int v = graph_.add_value(name);
    graph_.constants[v] = Tensor::of_floats(values, std::move(shape));
    return v;
  }
  /// Rows `first` to `first + count` of direction `d` of W or R, transposed: (inputs, count).
  int transposed(std::size_t which, std::size_t d, std::size_t first, std::size_t count,
                 const std::string& name);
  std::vector<float> bias(std::size_t d, bool recurrent) const;
  int image_first(std::vector<Node>& made);
  Node layer(const std::string& name, int from, int weights_value, std::span<const float> bias_values) const;
  Node direction(std::size_t d, int x, std::vector<Node>& made);

  Graph& graph_;
  Node node_;
  std::string name_;  ///< that its layers' names start with
  std::size_t gates_ = 1, hidden_ = 0, inputs_ = 0, directions_ = 1;
  bool reverse_ = false, reset_after_ = false;
};

void Lowering::check() {
  const bool lstm = node_.op == "LSTM";
  gates_ = lstm ? 4 : (node_.op == "GRU" ? 3 : 1);
  need(node_.inputs.size() <= (lstm ? 8U : 6U), fmt::format("has {} inputs", node_.inputs.size()));
  need(input(0) >= 0, "has no input X");
  need(input(4) < 0, "sequence_lens (input 4) are not supported: every sequence must have the full length");
  need(input(7) < 0, "peepholes (P, input 7) are not supported");
  need(number("layout", 0) == 0, fmt::format("layout = {} is not supported, only 0", number("layout", 0)));
  need(number("input_forget", 0) == 0, "input_forget = 1 is not supported");
  need(!node_.attributes.contains("clip"), "attribute 'clip' is not supported");
  const auto found = node_.attributes.find("direction");
  const std::string way =
      found != node_.attributes.end() && found->second.s ? *found->second.s : std::string("forward");
  need(way == "forward" || way == "reverse" || way == "bidirectional",
       fmt::format("direction '{}' is not known; forward, reverse or bidirectional", way));
  reverse_ = way == "reverse";
  directions_ = way == "bidirectional" ? 2 : 1;
  reset_after_ = number("linear_before_reset", 0) != 0;
  const Tensor& w = weights(1, "weights W");
  const Tensor& r = weights(2, "recurrent weights R");
  need(w.shape.size() == 3 && r.shape.size() == 3,
       fmt::format("W of shape {} and R of shape {}; both need three dimensions", text(w.shape),
                   text(r.shape)));
  for (const auto& [what, shape] : {std::pair{'W', w.shape}, std::pair{'R', r.shape}})
    need(element_count(shape) > 0,
         fmt::format("{} of shape {} is empty: every dimension must be at least 1", what, text(shape)));
  hidden_ = static_cast<std::size_t>(r.shape[2]);
  inputs_ = static_cast<std::size_t>(w.shape[2]);
  const Shape rows{static_cast<std::int64_t>(directions_), static_cast<std::int64_t>(gates_ * hidden_)};
  need(std::equal(rows.begin(), rows.end(), w.shape.begin()) &&
           std::equal(rows.begin(), rows.end(), r.shape.begin()),
       fmt::format("W of shape {} and R of shape {}, but direction {} and {} hidden units ask for {}×{}×…",
                   text(w.shape), text(r.shape), way, hidden_, rows[0], rows[1]));
  const std::int64_t size = number("hidden_size", r.shape[2]);
  need(size == r.shape[2], fmt::format("hidden_size = {}, but R has {} inputs", size, r.shape[2]));
  if (input(3) >= 0) {
    const Tensor& b = weights(3, "biases B");
    need(b.shape == Shape({rows[0], 2 * rows[1]}),
         fmt::format("B of shape {} instead of {}×{}", text(b.shape), rows[0], 2 * rows[1]));
  }
  check_activations();
  int first = 0;  // of the outputs that are there
  while (static_cast<std::size_t>(first) < node_.outputs.size() && node_.outputs[first] < 0) ++first;
  name_ = !node_.name.empty()  ? node_.name
          : output(first) >= 0 ? graph_.value_names[output(first)]
                               : node_.op;
}

void Lowering::check_activations() const {
  const auto found = node_.attributes.find("activations");
  if (found == node_.attributes.end()) return;
  const auto& given = found->second.strings;
  const auto expected = [&]() -> std::vector<std::string> {
    if (node_.op == "LSTM") return {"Sigmoid", "Tanh", "Tanh"};
    if (node_.op == "GRU") return {"Sigmoid", "Tanh"};
    return {"Tanh"};
  }();
  need(given.size() == expected.size() * directions_,
       fmt::format("names {} activations; {} are needed", given.size(), expected.size() * directions_));
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string& usual = expected[i % expected.size()];
    const bool known = strcasecmp(given[i].c_str(), usual.c_str()) == 0 ||
                       (node_.op == "RNN" && strcasecmp(given[i].c_str(), "Relu") == 0);
    need(known, fmt::format("activation '{}' is not supported there, only {}{}", given[i], usual,
                            node_.op == "RNN" ? " or Relu" : ""));
  }
}

int Lowering::transposed(std::size_t which, std::size_t d, std::size_t first, std::size_t count,
                         const std::string& name) {
  const auto from = graph_.constants[input(which)]->floats();
  const std::size_t columns = which == 1 ? inputs_ : hidden_;
  std::vector<float> turned(columns * count);
  for (std::size_t r = 0; r < count; ++r) {
    const std::size_t row = (d * gates_ * hidden_ + first + r) * columns;
    for (std::size_t c = 0; c < columns; ++c) turned[c * count + r] = from[row + c];
  }
  return add_constant(name, turned, {static_cast<std::int64_t>(columns), static_cast<std::int64_t>(count)});
}

/// Wb or Rb of one direction; empty where the node has no biases.
std::vector<float> Lowering::bias(std::size_t d, bool recurrent) const {
  if (input(3) < 0) return {};
  const std::size_t rows = gates_ * hidden_;
  const auto part = graph_.constants[input(3)]->floats().subspan((2 * d + (recurrent ? 1 : 0)) * rows, rows);
  return {part.begin(), part.end()};
}

/// X as (images, steps, inputs), so that the vectors of an image lie together. Where X was just made of
/// that by a Transpose, that.
int Lowering::image_first(std::vector<Node>& made) {
  const Shape swap{1, 0, 2};
  for (const auto& node : graph_.nodes) {
    if (node.op != "Transpose" || node.outputs.size() != 1 || node.outputs[0] != input(0)) continue;
    if (node.inputs.size() != 1 || node.inputs[0] < 0) continue;  // no Transpose: it is told so later
    const auto perm = node.attributes.find("perm");
    if (perm != node.attributes.end() && perm->second.ints == swap) return node.inputs[0];
  }
  Node turn;
  turn.op = "Transpose";
  turn.inputs = {input(0)};
  turn.outputs = {graph_.add_value(name_ + ".x")};
  turn.attributes["perm"].ints = swap;
  made.push_back(turn);
  return turn.outputs[0];
}

Node Lowering::layer(const std::string& name, int from, int weights_value,
                     std::span<const float> bias_values) const {
  Node node;
  node.name = name;
  node.op = "MatMul";
  node.inputs = {from, weights_value};
  if (!bias_values.empty()) {
    const int v = graph_.add_value(name + ".bias");
    graph_.constants[v] = Tensor::of_floats(bias_values, {static_cast<std::int64_t>(bias_values.size())});
    node.inputs.push_back(v);
  }
  return node;
}

Node Lowering::direction(std::size_t d, int x, std::vector<Node>& made) {
  const std::string suffix = d == 0 ? "" : "_reverse";
  const std::string w_name = graph_.value_names[input(1)] + suffix,
                    r_name = graph_.value_names[input(2)] + suffix;
  const std::size_t rows = gates_ * hidden_;
  std::vector<float> outside = bias(d, false), inside = bias(d, true);
  // The reset gate of a GRU may multiply the bias of the recurrent product: that one stays with the product.
  for (std::size_t i = 0; i < outside.size(); ++i) {
    const bool stays = node_.op == "GRU" && reset_after_ && i >= 2 * hidden_;
    if (stays) continue;
    outside[i] += inside[i];
    inside[i] = 0;
  }
  if (node_.op != "GRU" || !reset_after_) inside.clear();
  Node projection = layer(name_ + ".input" + suffix, x, transposed(1, d, 0, rows, w_name), outside);
  projection.outputs = {graph_.add_value(name_ + ".projected" + suffix)};
  made.push_back(projection);

  Node steps;
  steps.name = name_ + suffix;
  steps.op = node_.op;
  steps.inputs = {projection.outputs[0], input(5), node_.op == "LSTM" ? input(6) : -1};
  steps.attributes = node_.attributes;
  steps.attributes["reverse"] = integer(reverse_ || d == 1 ? 1 : 0);
  steps.attributes["direction_index"] = integer(static_cast<std::int64_t>(d));
  const int state = graph_.add_value(name_ + ".state" + suffix);
  if (node_.op == "GRU" && !reset_after_) {
    steps.inner.push_back(
        layer(name_ + ".recurrent" + suffix, state, transposed(2, d, 0, 2 * hidden_, r_name), {}));
    steps.inner.push_back(layer(name_ + ".candidate" + suffix, state,
                                transposed(2, d, 2 * hidden_, hidden_, r_name + ".candidate"), {}));
  } else {
    steps.inner.push_back(
        layer(name_ + ".recurrent" + suffix, state, transposed(2, d, 0, rows, r_name), inside));
  }
  return steps;
}

std::vector<Node> Lowering::nodes() {
  std::vector<Node> made;
  const int x = image_first(made);
  std::vector<Node> ways;
  for (std::size_t d = 0; d < directions_; ++d) ways.push_back(direction(d, x, made));
  if (directions_ == 1) {
    ways[0].outputs = node_.outputs;
    made.push_back(std::move(ways[0]));
    return made;
  }
  std::vector<Node> joins;
  for (std::size_t i = 0; i < node_.outputs.size(); ++i) {
    if (output(i) < 0) {
      for (auto& way : ways) way.outputs.push_back(-1);
      continue;
    }
    Node join;
    join.op = "Concat";
    join.outputs = {output(i)};
    join.attributes["axis"] = integer(i == 0 ? 1 : 0);  // Y (steps, directions, …), Y_h (directions, …)
    for (auto& way : ways) {
      way.outputs.push_back(graph_.add_value(fmt::format("{}.{}", way.name, i)));
      join.inputs.push_back(way.outputs.back());
    }
    joins.push_back(std::move(join));
  }
  for (auto* list : {&ways, &joins}) std::move(list->begin(), list->end(), std::back_inserter(made));
  return made;
}

}  // namespace

void lower_recurrent(Graph& graph) {
  const auto there = [](const Node& node) { return is_recurrent(node.op) && node.inner.empty(); };
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), there)) return;
  std::vector<Node> lowered;
  for (const auto& node : graph.nodes) {
    if (!there(node)) {
      lowered.push_back(node);
      continue;
    }
    auto made = Lowering(graph, node).nodes();
    std::move(made.begin(), made.end(), std::back_inserter(lowered));
  }
  graph.nodes = std::move(lowered);
}

}  // namespace mho::network
