#include "mho/network/operators/operator.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "mho/core/error.h"
#include "mho/network/operators/evaluate.h"

namespace mho::network {

std::vector<std::size_t> memory_order(std::size_t rank, Layout layout) {
  std::vector<std::size_t> order(rank);
  for (std::size_t i = 0; i < rank; ++i) order[i] = i;
  if (layout == Layout::channels_last && rank >= 3)
    std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  return order;
}

Shape memory_shape(const Shape& shape, Layout layout) {
  Shape result;
  for (const std::size_t d : memory_order(shape.size(), layout)) result.push_back(shape[d]);
  return result;
}

std::size_t memory_axis(std::size_t axis, std::size_t rank, Layout layout) {
  const auto order = memory_order(rank, layout);
  return std::find(order.begin(), order.end(), axis) - order.begin();
}

Binding::Binding(const Graph& graph_, const Node& node_, std::span<const Operand> operands)
    : graph(graph_), node(node_), operands_(operands.begin(), operands.end()) {}

const Operand& Binding::operand(std::size_t i) const {
  if (!has(i)) fail(fmt::format("input {} is missing", i));
  return operands_[i];
}

Bound Binding::bind_inner(std::size_t k, const TensorType& vectors) const {
  const Node& layer = node.inner[k];
  std::vector<Operand> operands{{vectors, Layout::plain, nullptr, true}};
  for (std::size_t i = 1; i < layer.inputs.size(); ++i) {
    const auto& constant = graph.constants[layer.inputs[i]];
    operands.push_back({*constant, Layout::plain, &*constant, true});
  }
  Binding inner(graph, layer, operands);
  inner.only_shapes = only_shapes;
  return inner_layer ? inner_layer(inner, k) : bind(inner);
}

void Binding::replace(std::size_t i, Tensor constant) {
  assert(operand(i).constant != nullptr && constant.shape == shape(i));
  operands_[i].constant =
      replacements_.emplace_back(std::make_shared<const Tensor>(std::move(constant))).get();
}

void Binding::want(std::size_t i, Layout layout) {
  if (has(i) && operands_[i].type.shape.size() >= 3) operands_[i].layout = layout;
}

void Binding::fail(const std::string& what) const {
  throw core::InvalidInput(fmt::format("{}: {}", graph.describe(node), what));
}

bool Binding::has_attribute(std::string_view attribute) const {
  return node.attributes.contains(std::string(attribute));
}

std::int64_t Binding::integer(std::string_view attribute, std::int64_t fallback) const {
  const auto found = node.attributes.find(std::string(attribute));
  if (found == node.attributes.end()) return fallback;
  need(found->second.i.has_value(), fmt::format("attribute '{}' is no integer", attribute));
  return *found->second.i;
}

float Binding::number(std::string_view attribute, float fallback) const {
  const auto found = node.attributes.find(std::string(attribute));
  if (found == node.attributes.end()) return fallback;
  need(found->second.f.has_value(), fmt::format("attribute '{}' is no number", attribute));
  return *found->second.f;
}

std::string Binding::word(std::string_view attribute, std::string_view fallback) const {
  const auto found = node.attributes.find(std::string(attribute));
  if (found == node.attributes.end()) return std::string(fallback);
  need(found->second.s.has_value(), fmt::format("attribute '{}' is no text", attribute));
  return *found->second.s;
}

std::vector<std::int64_t> Binding::integers(std::string_view attribute,
                                            std::vector<std::int64_t> fallback) const {
  const auto found = node.attributes.find(std::string(attribute));
  if (found == node.attributes.end()) return fallback;
  return found->second.ints;
}

std::vector<std::int64_t> Binding::constant_integers(std::size_t i, std::string_view what) const {
  const Tensor* tensor = operand(i).constant;
  need(tensor != nullptr, fmt::format("{} (input {}) must be a constant", what, i));
  need(!is_floating(tensor->type), fmt::format("{} (input {}) must be integers", what, i));
  return {tensor->integers().begin(), tensor->integers().end()};
}

std::vector<float> Binding::constant_floats(std::size_t i, std::string_view what) const {
  const Tensor* tensor = operand(i).constant;
  need(tensor != nullptr, fmt::format("{} (input {}) must be a constant", what, i));
  need(is_floating(tensor->type), fmt::format("{} (input {}) must be floating-point numbers", what, i));
  return {tensor->floats().begin(), tensor->floats().end()};
}

std::vector<std::int64_t> Binding::integers_either(std::string_view attribute, std::size_t input,
                                                   std::vector<std::int64_t> fallback) const {
  if (has(input)) return constant_integers(input, attribute);
  return integers(attribute, std::move(fallback));
}

std::size_t Binding::axis(std::int64_t value, std::size_t rank) const {
  const auto r = static_cast<std::int64_t>(rank);
  need(value >= -r && value < r, fmt::format("axis {} of a tensor with {} dimensions", value, rank));
  return static_cast<std::size_t>(value < 0 ? value + r : value);
}

void Binding::need_inputs(std::size_t min, std::size_t max) const {
  need(inputs() <= max, fmt::format("has {} inputs; at most {} are known", inputs(), max));
  for (std::size_t i = 0; i < min; ++i) need(has(i), fmt::format("input {} is missing", i));
}

void Binding::need_floats(std::initializer_list<std::size_t> which) const {
  for (const std::size_t i : which) {
    need(!has(i) || is_floating(type(i).type),
         fmt::format("input {} is {}, not floating-point", i, has(i) ? name(type(i).type) : ""));
  }
}

namespace {
std::vector<std::span<const OperatorEntry>> families() {
  return {convolution_operators(), elementwise_operators(),  matrix_operators(),    normalization_operators(),
          pooling_operators(),     quantization_operators(), recurrent_operators(), reduction_operators(),
          resize_operators(),      selection_operators(),    shape_operators(),     transposed_operators()};
}
}  // namespace

const Operator* find_operator(std::string_view op) {
  for (const auto& family : families()) {
    for (const auto& entry : family) {
      if (entry.name == op) return &entry.op;
    }
  }
  return nullptr;
}

std::vector<std::string> supported_operators() {
  std::vector<std::string> names;
  for (const auto& family : families()) {
    for (const auto& entry : family) names.emplace_back(entry.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace mho::network
