#pragma once
// Small networks with random weights, for tests that need no files.

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "mho/core/random.h"
#include "mho/network/layers/network.h"

namespace mho::network {

inline Tensor random_tensor(Shape shape, const std::string& name, float scale = 1) {
  Tensor tensor(DataType::f32, std::move(shape));
  core::fill_normal(core::random_key({.seed = 3, .purpose = "test", .layer = name}), 0, 0,
                    tensor.writable_floats());
  for (float& v : tensor.writable_floats()) v *= scale;
  return tensor;
}

/// Nodes one after the other, each reading what the one before made.
class Chain {
 public:
  explicit Chain(Shape image) {
    model_.source = "tiny.onnx";
    model_.opset = 13;
    OnnxValue input;
    input.name = at_ = "x";
    input.has_shape = true;
    input.shape.push_back({std::nullopt, "N"});
    for (const auto d : image) input.shape.push_back({d, ""});
    model_.inputs.push_back(input);
  }

  /// `weights`: shape of a random second input, with standard deviation 1/sqrt(inputs of an output).
  Chain& layer(const std::string& op, const std::string& name, Shape weights,
               std::vector<std::int64_t> pads = {}, std::int64_t group = 1,
               std::vector<std::int64_t> strides = {}, std::vector<std::int64_t> dilations = {}) {
    OnnxNode node = start(op, name);
    const bool convolves = op == "Conv", transposed = op == "ConvTranspose";  // (out, in, …), (in, out, …)
    const double fan_in = convolves
                              ? static_cast<double>(element_count(weights)) / static_cast<double>(weights[0])
                              : static_cast<double>(weights[0]);
    const std::int64_t outputs = convolves ? weights[0] : weights[1] * (transposed ? group : 1);
    node.inputs.push_back(name + ".weight");
    model_.initializers[name + ".weight"] =
        random_tensor(std::move(weights), name, static_cast<float>(1 / std::sqrt(fan_in)));
    if (op != "MatMul") {
      node.inputs.push_back(name + ".bias");
      model_.initializers[name + ".bias"] = random_tensor({outputs}, name + "b", 0.1f);
    }
    if (!pads.empty()) node.attributes["pads"].ints = std::move(pads);
    if (!strides.empty()) node.attributes["strides"].ints = std::move(strides);
    if (!dilations.empty()) node.attributes["dilations"].ints = std::move(dilations);
    if (convolves || transposed) node.attributes["group"].i = group;
    return finish(std::move(node));
  }
  Chain& then(const std::string& op) {
    OnnxNode node = start(op, "");
    return finish(std::move(node));
  }

  std::shared_ptr<const Network> network() {
    OnnxModel model = model_;
    OnnxValue output;
    output.name = at_;
    model.outputs = {output};
    return std::make_shared<const Network>(make_graph(std::move(model)));
  }

 private:
  OnnxNode start(const std::string& op, const std::string& name) const {
    OnnxNode node;
    node.op_type = op;
    node.name = name;
    node.inputs = {at_};
    return node;
  }
  Chain& finish(OnnxNode node) {
    at_ = "v" + std::to_string(model_.nodes.size());
    node.outputs = {at_};
    model_.nodes.push_back(std::move(node));
    return *this;
  }
  OnnxModel model_;
  std::string at_;
};

}  // namespace mho::network
