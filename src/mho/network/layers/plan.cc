#include "mho/network/layers/plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <limits>

#include "mho/core/error.h"
#include "mho/network/operators/evaluate.h"
#include "mho/network/operators/onednn.h"
#include "mho/network/operators/strided_copy.h"

namespace mho::network {

Plan::Plan(const Graph& graph, std::span<const Shape> inputs, const PlanOptions& options) {
  const OneThread one_thread;
  const std::size_t limit = folding_limit(graph);
  values_.resize(graph.value_names.size());
  converted_.assign(values_.size(), {-1, -1});
  for (std::size_t v = 0; v < values_.size(); ++v) {
    if (!graph.constants[v]) continue;
    values_[v].type = *graph.constants[v];
    values_[v].constant = graph.constants[v];
    values_[v].exists = true;
  }
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    Value& value = values_[graph.inputs[i].value];
    value.type = {graph.inputs[i].type, inputs[i]};
    value.storage = add_storage(value.type.bytes(), -1);
    value.exists = true;
    input_values_.push_back(graph.inputs[i].value);
  }
  std::size_t layer = 0;
  for (const auto& node : graph.nodes) {
    bind_node(graph, node, layer, options, limit);
    layer += node.inner.size() + (is_weight_layer(graph, node) ? 1 : 0);
  }
  for (const int v : graph.outputs) output_values_.push_back(in_layout(v, Layout::plain));
  place(options.keep_values);
}

int Plan::add_storage(std::size_t bytes, int step) {
  storages_.push_back({bytes, 0, step, step});
  return static_cast<int>(storages_.size()) - 1;
}

int Plan::in_layout(int value, Layout layout) {
  if (values_[value].layout == layout || values_[value].type.shape.size() < 3) return value;
  int& there = converted_[value][layout == Layout::plain ? 0 : 1];
  if (there >= 0) return there;
  there = static_cast<int>(values_.size());
  const int result = there;
  Value copy = values_[value];
  const Layout from = copy.layout;
  copy.layout = layout;
  const std::size_t element = is_floating(copy.type.type) ? 4 : 8;
  const StridedCopy how = change_of_layout(copy.type.shape, from, layout);
  if (same_order(copy.type.shape, from, layout)) {
    // nothing to do: the same memory under the other layout
  } else if (copy.constant) {
    Tensor moved(copy.type.type, copy.type.shape);
    how.run(copy.constant->data(), moved.writable(), element);
    copy.constant = moved;
  } else {
    const int step = static_cast<int>(steps_.size());
    copy.storage = add_storage(copy.type.bytes(), step);
    Step s;
    s.bound.outputs = {copy.type};
    s.bound.compute = [how, element](const Operands& o) { how.run(o.in[0], o.out[0], element); };
    s.inputs = {value};
    s.outputs = {result};
    s.label = "change of layout";
    s.layers = steps_.empty() ? 0 : steps_.back().layers;
    steps_.push_back(std::move(s));
  }
  values_.push_back(std::move(copy));
  converted_.push_back({-1, -1});
  return result;
}

namespace {

/// What computes layer number `layer`, with what wants to see its input and output around it.
Bound layer_step(Binding& b, std::size_t layer, const PlanOptions& options) {
  Bound bound = options.layer ? options.layer(b, layer) : bind(b);
  bound.compute = [layer, in = b.type(0).elements(), out = bound.outputs[0].elements(),
                   inner = std::move(bound.compute)](const Operands& o) {
    if (o.run->before_layer) o.run->before_layer(layer, {o.floats(0), in});
    inner(o);
    if (o.run->after_layer) o.run->after_layer(layer, {o.out_floats(), out});
  };
  return bound;
}

}  // namespace

/// `layer`: number of the node's first layer with weights, if it has one.
void Plan::bind_node(const Graph& graph, const Node& node, std::size_t layer, const PlanOptions& options,
                     std::size_t limit) {
  std::vector<int> inputs = node.inputs;
  if (node.epilogue.residual >= 0) inputs.push_back(node.epilogue.residual);
  std::vector<Operand> operands;
  bool all_known = true;
  for (const int v : inputs) {
    if (v < 0) {
      operands.emplace_back();
      continue;
    }
    operands.push_back(
        {values_[v].type, values_[v].layout, values_[v].constant ? &*values_[v].constant : nullptr, true});
    all_known = all_known && values_[v].constant.has_value();
  }
  Binding b(graph, node, operands);
  if (all_known || node.op == "Shape" ||
      node.op == "Size") {  // decided by shapes alone: a constant from here on
    Graph one;
    one.source = graph.source;
    one.opset = graph.opset;
    one.value_names = graph.value_names;
    one.constants.resize(values_.size());
    for (const auto& inner : node.inner) {
      for (const int v : inner.inputs) one.constants[v] = graph.constants[v];
    }
    for (const int v : node.inputs) {
      if (v >= 0)
        one.constants[v] = values_[v].constant ? values_[v].constant
                                               : Tensor(values_[v].type.type, values_[v].type.shape, nullptr,
                                                        nullptr);  // only its shape is asked for
    }
    const auto results = evaluate(one, node, limit);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] < 0) continue;
      b.need(i < results.size(), fmt::format("output {} is not supported", i));
      Value& value = values_[node.outputs[i]];
      value.type = results[i];
      value.constant = results[i];
      value.exists = true;
    }
    return;
  }
  b.inner_layer = [&](Binding& inner, std::size_t k) { return layer_step(inner, layer + k, options); };
  const bool has_weights = is_weight_layer(graph, node);
  Bound bound = has_weights ? layer_step(b, layer, options) : bind(b);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] >= 0) inputs[i] = in_layout(inputs[i], b.layout(i));
  }
  const int step = static_cast<int>(steps_.size());
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    const int v = node.outputs[i];
    if (v < 0) continue;
    b.need(i < bound.outputs.size(), fmt::format("output {} is not supported", i));
    Value& value = values_[v];
    value.type = bound.outputs[i];
    value.layout = value.type.shape.size() < 3 ? Layout::plain : bound.layout;
    value.exists = true;
    if (bound.alias) {
      value.storage = values_[inputs[0]].storage;
      value.constant = values_[inputs[0]].constant;
    } else {
      value.storage = add_storage(value.type.bytes(), step);
    }
  }
  if (bound.alias) return;
  scratch_bytes_ = std::max(scratch_bytes_, bound.scratch_bytes);
  Step s;
  s.inputs = std::move(inputs);
  s.outputs = node.outputs;
  s.label = fmt::format("{} {}", node.op,
                        node.name.empty() && !node.outputs.empty() && node.outputs[0] >= 0
                            ? graph.value_names[node.outputs[0]]
                            : node.name);
  s.bound = std::move(bound);
  s.layers = layer + node.inner.size() + (has_weights ? 1 : 0);
  steps_.push_back(std::move(s));
}

/// Memory by lifetime: each storage goes to the lowest place that is free while it lasts.
void Plan::place(bool keep_values) {
  const int end = static_cast<int>(steps_.size());
  for (int i = 0; i < end; ++i) {
    for (const int v : steps_[i].inputs) {
      if (v >= 0 && values_[v].storage >= 0)
        storages_[values_[v].storage].last = std::max(storages_[values_[v].storage].last, i);
    }
  }
  for (const int v : output_values_) {
    if (values_[v].storage >= 0) storages_[values_[v].storage].last = end;
  }
  std::vector<std::size_t> placed;
  for (std::size_t s = 0; s < storages_.size(); ++s) {
    Storage& now = storages_[s];
    if (keep_values) now.last = end;
    std::vector<std::pair<std::size_t, std::size_t>> taken;
    for (const std::size_t p : placed) {
      const Storage& other = storages_[p];
      if (other.last >= now.first && other.first <= now.last)
        taken.emplace_back(other.offset, other.offset + other.bytes);
    }
    std::sort(taken.begin(), taken.end());
    std::size_t at = 0;
    for (const auto& [from, to] : taken) {
      if (at + now.bytes <= from) break;
      at = std::max(at, (to + 63) / 64 * 64);
    }
    now.offset = at;
    arena_bytes_ = std::max(arena_bytes_, at + now.bytes);
    placed.push_back(s);
  }
}

void Plan::prepare(RunState& state) const {
  try {
    if (state.arena.size() < arena_bytes_) state.arena.resize(arena_bytes_);
    if (state.scratch.size() < scratch_bytes_) state.scratch.resize(scratch_bytes_);
  } catch (const std::bad_alloc&) {
    throw core::InvalidInput(
        fmt::format("the network needs {} bytes for its activations, more than there are", arena_bytes_));
  }
}

const void* Plan::address(const RunState& state, int value) const {
  if (value < 0) return nullptr;
  const Value& v = values_[value];
  return v.constant ? v.constant->data() : state.arena.data() + storages_[v.storage].offset;
}

std::size_t Plan::run_until(RunState& state, std::size_t first, std::size_t layer) const {
  std::size_t end = first;
  while (end < steps_.size() && (end == 0 || steps_[end - 1].layers <= layer)) ++end;
  run(state, first, end);
  return end;
}

void Plan::run(RunState& state, std::size_t first, std::size_t end) const {
  std::vector<const void*> in;
  std::vector<void*> out;
  for (std::size_t s = first; s < end; ++s) {
    const Step& step = steps_[s];
    in.clear();
    out.clear();
    for (const int v : step.inputs) in.push_back(address(state, v));
    for (const int v : step.outputs)
      out.push_back(const_cast<void*>(address(state, v)));  // ours: in the arena
    step.bound.compute({in, out, state.scratch.data(), &state});
  }
}

std::span<std::byte> Plan::input(RunState& state, std::size_t i) const {
  const Value& v = values_[input_values_[i]];
  return {state.arena.data() + storages_[v.storage].offset, v.type.bytes()};
}

std::span<const std::byte> Plan::output(const RunState& state, std::size_t i) const {
  return {static_cast<const std::byte*>(address(state, output_values_[i])),
          values_[output_values_[i]].type.bytes()};
}

std::optional<Tensor> Plan::value(const RunState& state, int graph_value) const {
  const Value& v = values_[graph_value];
  if (!v.exists) return std::nullopt;
  Tensor result(v.type.type, v.type.shape);
  change_of_layout(v.type.shape, v.layout, Layout::plain)
      .run(address(state, graph_value), result.writable(), is_floating(v.type.type) ? 4 : 8);
  return result;
}

std::string Plan::describe() const {
  std::string result;
  for (const Step& step : steps_) {
    result += fmt::format("{} [{}] {}\n", step.label, step.bound.implementation,
                          step.bound.outputs.empty() ? "" : text(step.bound.outputs[0].shape));
  }
  return result;
}

std::vector<std::string> Plan::implementations() const {
  std::vector<std::string> names;
  for (const Step& step : steps_) names.push_back(step.bound.implementation);
  return names;
}

}  // namespace mho::network
