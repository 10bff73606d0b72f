#include "mho/network/layers/network.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "mho/core/error.h"
#include "mho/network/onnx/onnx_reader.h"
#include "mho/network/operators/dense.h"
#include "mho/network/operators/evaluate.h"

namespace mho::network {

std::vector<Shape> shapes_for(const Graph& graph, std::size_t batch, const Shape& image_shape) {
  std::vector<Shape> shapes;
  std::string batch_symbol;
  for (const auto& input : graph.inputs) {
    const bool first_input = shapes.empty();
    Shape shape;
    for (std::size_t d = 0; d < input.shape.size(); ++d) {
      const auto& dimension = input.shape[d];
      if (dimension.value) {
        if (*dimension.value <= 0 && d > 0) {
          throw core::InvalidInput(fmt::format("{}: input '{}' has dimension {} = {}", graph.source,
                                               graph.value_names[input.value], d, *dimension.value));
        }
        shape.push_back(*dimension.value > 0 ? *dimension.value : static_cast<std::int64_t>(batch));
        continue;
      }
      if (first_input && d == 0) batch_symbol = dimension.symbol;
      if (d == 0 || (!dimension.symbol.empty() && dimension.symbol == batch_symbol)) {
        shape.push_back(static_cast<std::int64_t>(batch));
      } else if (first_input && image_shape.size() + 1 == input.shape.size()) {
        shape.push_back(image_shape[d - 1]);
      } else {
        throw core::InvalidInput(
            fmt::format("{}: input '{}' leaves dimension {} ('{}') open; only the batch may be", graph.source,
                        graph.value_names[input.value], d, dimension.symbol));
      }
    }
    (void)element_count(shape);
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

Network::Network(Graph graph, const Shape& image_shape) : graph_(std::move(graph)) {
  if (graph_.inputs.empty()) throw core::InvalidInput(graph_.source + ": the network has no input");
  simplify(graph_);
  const auto inputs = shapes_for(graph_, 1, image_shape);
  const auto& first = graph_.inputs.front();
  if (inputs[0].empty()) throw core::InvalidInput(graph_.source + ": the input is a single number");
  input_shape_.assign(inputs[0].begin() + 1, inputs[0].end());
  if (!first.shape.empty() && first.shape[0].value && *first.shape[0].value > 0) {
    fixed_batch_ = static_cast<std::size_t>(*first.shape[0].value);
  }
  fuse(graph_, infer_shapes(graph_, inputs));
  const auto types = infer_shapes(graph_, inputs);
  const std::size_t batch = std::max<std::size_t>(fixed_batch_, 1);
  output_type_ = types[graph_.outputs[0]].type;
  outputs_ = types[graph_.outputs[0]].elements() / batch;
  for (const auto& node : graph_.nodes) {
    std::size_t together = 0;
    for (const auto* values : {&node.inputs, &node.outputs}) {
      for (const int v : *values) together += v >= 0 && !graph_.constants[v] ? types[v].elements() : 0;
    }
    activations_ = std::max(activations_, together / batch);
  }
  find_layers(types);
}

std::vector<Shape> Network::input_shapes(std::size_t batch) const {
  return shapes_for(graph_, batch, input_shape_);
}

namespace {

/// The node multiplies by the layer's weights as they are from here on.
void share_with_gemm(Graph& graph, const WeightLayer& layer) {
  Node& node = node_of(graph, layer);
  OnnxAttribute yes, one;
  yes.i = 1;
  one.f = 1.0f;
  node.attributes["transB"] = yes;
  node.attributes["alpha"] = one;
  node.inputs[1] = graph.add_value(layer.weights_name);
  graph.constants[node.inputs[1]] = layer.weights;
}

}  // namespace

void Network::find_layers(const std::vector<TensorType>& types) {
  std::set<std::string> names;
  const std::size_t batch = std::max<std::size_t>(fixed_batch_, 1);
  const auto add = [&](WeightLayer layer, const TensorType& input) {
    const Node& node = node_of(graph_, layer);
    std::vector<Operand> operands{{input, Layout::plain, nullptr, true}};
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      const int v = node.inputs[i];
      if (v < 0)
        operands.emplace_back();
      else
        operands.push_back(
            {types[v], Layout::plain, graph_.constants[v] ? &*graph_.constants[v] : nullptr, true});
    }
    const Binding b(graph_, node, operands);
    layer.weights_name = graph_.value_names[node.inputs[1]];
    layer.name = node.name.empty() ? layer.weights_name : node.name;
    while (!names.insert(layer.name).second) layer.name += "'";
    layer.is_convolution = node.op == "Conv";
    if (layer.is_convolution) {
      layer.convolution = convolution_geometry(b);
      const auto& g = layer.convolution;
      layer.groups = static_cast<std::size_t>(g.groups);
      layer.rows = static_cast<std::size_t>(g.rows());
      layer.columns = static_cast<std::size_t>(g.group_outputs());
      layer.positions = static_cast<std::size_t>(g.pixels_out());
      layer.weights = *graph_.constants[node.inputs[1]];
      if (b.inputs() > 2 && b.has(2)) layer.bias = b.constant_floats(2, "bias");
    } else {
      const DenseGeometry g = dense_geometry(b);
      layer.rows = g.in;
      layer.columns = g.out;
      if (!layer.is_recurrent()) layer.positions = std::max<std::size_t>(1, g.vectors / batch);
      layer.bias = dense_bias(b, g);
      layer.weights = *graph_.constants[node.inputs[1]];
      const bool in_order = b.integer("transB", 0) != 0 && b.number("alpha", 1) == 1;
      if (!in_order) {
        const auto turned = dense_weights(b, g);
        layer.weights = Tensor::of_floats(
            turned.elements, {static_cast<std::int64_t>(g.out), static_cast<std::int64_t>(g.in)});
      }
      if (!in_order && node.op == "Gemm") share_with_gemm(graph_, layer);
    }
    layers_.push_back(std::move(layer));
  };
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const Node& node = graph_.nodes[n];
    WeightLayer layer;
    layer.node = n;
    if (is_weight_layer(graph_, node)) add(layer, types[node.inputs[0]]);
    for (std::size_t k = 0; k < node.inner.size(); ++k) {
      const Shape& projected = types[node.inputs[0]].shape;  // images, steps, gates
      if (projected[0] != static_cast<std::int64_t>(batch)) {
        throw core::InvalidInput(fmt::format(
            "{}: its batch (dimension 1 of X) is {}, but the network's (dimension 0 of its input) is {}; a "
            "Transpose after the input makes them one (batch_first = True in PyTorch)",
            graph_.describe(node), projected[0], batch));
      }
      layer.inner = static_cast<int>(k);
      layer.positions = static_cast<std::size_t>(projected[1]);
      const std::int64_t width = types[node.inner[k].inputs[1]].shape[0];
      add(layer, {DataType::f32, {projected[0], width}});
    }
  }
}

const Node& node_of(const Graph& graph, const WeightLayer& layer) {
  const Node& node = graph.nodes[layer.node];
  return layer.inner < 0 ? node : node.inner[static_cast<std::size_t>(layer.inner)];
}

Node& node_of(Graph& graph, const WeightLayer& layer) {
  return const_cast<Node&>(node_of(std::as_const(graph), layer));
}

std::shared_ptr<const Network> load_network(const std::string& path) {
  Graph graph = make_graph(read_onnx(path));
  check_operators(graph);
  return std::make_shared<const Network>(std::move(graph));
}

}  // namespace mho::network
