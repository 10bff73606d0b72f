#include "mho/cli/cost_network.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "mho/core/error.h"
#include "mho/core/library.h"
#include "mho/hardware/activity.h"
#include "mho/hardware/network_card.h"
#include "mho/network/graph/recurrent.h"
#include "mho/network/layers/cost_shape.h"
#include "mho/network/layers/network.h"
#include "mho/network/onnx/onnx_reader.h"

namespace mho::cli {
namespace {

/// Gives zeros to weights that are declared as inputs of a fixed shape, so that their layers can be found.
void fill_missing_weights(network::OnnxModel& model) {
  std::set<std::string> weights;  // second and later operands of layers
  for (const auto& node : model.nodes) {
    if (!network::is_recurrent(node.op_type) && node.op_type != "Conv" && node.op_type != "ConvTranspose" &&
        node.op_type != "Gemm" && node.op_type != "MatMul" && node.op_type != "BatchNormalization")
      continue;
    for (std::size_t i = 1; i < node.inputs.size(); ++i) weights.insert(node.inputs[i]);
  }
  constexpr std::size_t most = std::size_t{1} << 30;  // 4 GiB of zeros, from a file of a few bytes
  std::size_t filled = 0;
  std::erase_if(model.inputs, [&](const network::OnnxValue& input) {
    network::Shape shape;
    for (const auto& dimension : input.shape) {
      if (!dimension.value) return false;
      shape.push_back(*dimension.value);
    }
    if (!weights.contains(input.name) || !input.has_shape) return false;
    filled += network::element_count(shape);
    if (filled > most) {
      throw core::InvalidInput(fmt::format(
          "{}: declares {} weights without giving them, up to input '{}'; at most {} are filled in",
          model.source, filled, input.name, most));
    }
    model.initializers.emplace(input.name, network::Tensor(network::DataType::f32, shape));
    return true;
  });
}

std::vector<hardware::LayerShape> onnx_layers(const std::string& path, bool depthwise_digital,
                                              const array::Settings& settings) {
  network::OnnxModel model = network::read_onnx(path);
  fill_missing_weights(model);
  const network::Network net(network::make_graph(std::move(model)));
  std::vector<hardware::LayerShape> layers;
  for (const auto& layer : net.layers()) {
    const bool depthwise = layer.groups > 1 && layer.columns == 1;
    layers.push_back(network::cost_shape(layer, settings, layers.empty(), !(depthwise && depthwise_digital)));
  }
  if (layers.empty()) throw core::InvalidInput(fmt::format("{}: has no layer with weights", path));
  return layers;
}

}  // namespace

std::vector<hardware::LayerShape> cost_layers(const core::Config& study, bool depthwise_digital,
                                              const array::Settings& settings) {
  const auto network = study.root().table("network");
  const std::string model = network.text("model", "");
  if (model.empty()) return {};
  const std::string file = network.file_of("model");
  if (model.ends_with(".onnx"))
    return onnx_layers(study.library()->locate(model, file), depthwise_digital, settings);
  return hardware::load_network_card(model, file, study.library()).layers;
}

}  // namespace mho::cli
