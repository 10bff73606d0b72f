#include "mho/network/cost_layers.h"

#include <fmt/core.h>

#include <set>

#include "mho/core/error.h"
#include "mho/network/graph/recurrent.h"
#include "mho/network/layers/cost_shape.h"
#include "mho/network/onnx/onnx_reader.h"

namespace mho::network {
namespace {

/// Gives zeros to weights that are declared as inputs of a fixed shape, so that their layers can be found.
void fill_missing_weights(OnnxModel& model) {
  std::set<std::string> weights;  // second and later operands of layers
  for (const auto& node : model.nodes) {
    if (!is_recurrent(node.op_type) && node.op_type != "Conv" && node.op_type != "ConvTranspose" &&
        node.op_type != "Gemm" && node.op_type != "MatMul" && node.op_type != "BatchNormalization")
      continue;
    for (std::size_t i = 1; i < node.inputs.size(); ++i) weights.insert(node.inputs[i]);
  }
  constexpr std::size_t most = std::size_t{1} << 30;  // 4 GiB of zeros, from a file of a few bytes
  std::size_t filled = 0;
  std::erase_if(model.inputs, [&](const OnnxValue& input) {
    Shape shape;
    for (const auto& dimension : input.shape) {
      if (!dimension.value) return false;
      shape.push_back(*dimension.value);
    }
    if (!weights.contains(input.name) || !input.has_shape) return false;
    filled += element_count(shape);
    if (filled > most) {
      throw core::InvalidInput(fmt::format(
          "{}: declares {} weights without giving them, up to input '{}'; at most {} are filled in",
          model.source, filled, input.name, most));
    }
    model.initializers.emplace(input.name, Tensor(DataType::f32, shape));
    return true;
  });
}

}  // namespace

std::shared_ptr<const Network> load_network_for_cost(const std::string& path) {
  OnnxModel model = read_onnx(path);
  fill_missing_weights(model);
  return std::make_shared<const Network>(make_graph(std::move(model)));
}

std::vector<hardware::LayerShape> cost_layers(const Network& network, bool analog_depthwise,
                                              const std::vector<hardware::LayerSettings>& settings) {
  std::vector<hardware::LayerShape> layers;
  for (const auto& layer : network.layers()) {
    const bool depthwise = layer.groups > 1 && layer.columns == 1;
    layers.push_back(
        cost_shape(layer, settings[layers.size()], layers.empty(), !depthwise || analog_depthwise));
  }
  return layers;
}

}  // namespace mho::network
