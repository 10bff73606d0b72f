#include "mho/training/learned_network.h"

#include <fmt/format.h>

#include <utility>

#include "mho/network/data/preprocess.h"

namespace mho::training {
namespace {

using network::OnnxAttribute;
using network::OnnxModel;
using network::OnnxNode;
using network::Tensor;

constexpr std::int64_t kOpset = 15;

std::int64_t signed_size(std::size_t n) { return static_cast<std::int64_t>(n); }

OnnxAttribute integer(std::int64_t i) {
  OnnxAttribute a;
  a.i = i;
  return a;
}
OnnxAttribute integers(std::vector<std::int64_t> ints) {
  OnnxAttribute a;
  a.ints = std::move(ints);
  return a;
}

/// Nodes one after the other; `at_` is what the next one reads.
class Chain {
 public:
  Chain(const std::vector<std::size_t>& image, const network::Preprocess& preprocess) {
    model_.opset = kOpset;
    model_.metadata = {{network::kPreprocessMetadata, network::preprocess_text(preprocess)}};
    network::OnnxValue input;
    input.name = at_;
    input.has_shape = true;
    input.shape.push_back({std::nullopt, "N"});
    for (const std::size_t d : image) input.shape.push_back({signed_size(d), ""});
    model_.inputs.push_back(std::move(input));
  }

  OnnxModel finished(std::size_t outputs) {
    network::OnnxValue output;
    output.name = at_;
    output.has_shape = true;
    output.shape = {{std::nullopt, "N"}, {signed_size(outputs), ""}};
    model_.outputs = {output};
    return std::move(model_);
  }

  void flatten() { then("Flatten", {}, {{"axis", integer(1)}}); }
  void transpose(std::vector<std::int64_t> order) {
    then("Transpose", {}, {{"perm", integers(std::move(order))}});
  }
  void reshape(const ImageShape& s) {  // channels innermost
    then("Reshape",
         {constant("shape", {0, signed_size(s.height), signed_size(s.width), signed_size(s.channels)})});
  }
  void max_pool(std::size_t size) {
    const auto side = signed_size(size);
    then("MaxPool", {}, {{"kernel_shape", integers({side, side})}, {"strides", integers({side, side})}});
  }
  void activate(Activation activation) {
    switch (activation) {
      case Activation::linear:
        break;
      case Activation::sigmoid:
        return then("Sigmoid");
      case Activation::relu:
        return then("Relu");
      case Activation::tanh:
        return then("Tanh");
    }
  }

  /// What a kernel of that side covers, at every place, as channels: (N, kernel·kernel·channels, …).
  void cut_out(const ImageShape& in, std::size_t kernel) {
    if (kernel == 1) return;
    const std::string from = at_, axes = constant("axes", {2, 3});
    std::vector<std::string> parts;
    for (std::size_t y = 0; y < kernel; ++y) {
      for (std::size_t x = 0; x < kernel; ++x) {
        const auto top = signed_size(y), left = signed_size(x);
        const auto rows = signed_size(in.height - kernel + 1), columns = signed_size(in.width - kernel + 1);
        at_ = from;
        then("Slice", {constant("from", {top, left}), constant("to", {top + rows, left + columns}), axes});
        parts.push_back(at_);
      }
    }
    at_ = parts.front();
    then("Concat", {parts.begin() + 1, parts.end()}, {{"axis", integer(1)}});
  }

  /// A further channel, or input, that is 1; `sides`: of an image.
  void append_one(std::vector<std::int64_t> sides) {
    const std::string from = at_;
    then("Shape", {}, {{"start", integer(0)}, {"end", integer(1)}});
    sides.insert(sides.begin(), 1);
    then("Concat", {constant("one", std::move(sides))}, {{"axis", integer(0)}});
    OnnxAttribute one;
    one.t = Tensor::of_floats(std::vector{1.0f}, {1});
    then("ConstantOfShape", {}, {{"value", one}});
    const std::string ones = std::exchange(at_, from);
    then("Concat", {ones}, {{"axis", integer(1)}});
  }

  /// The layer itself: a Gemm, or a Conv of 1×1.
  void multiply(const LearnedLayer& layer, bool convolves) {
    const auto outputs = signed_size(layer.weights.rows), inputs = signed_size(layer.weights.cols);
    network::Shape shape{outputs, inputs};
    if (convolves) shape.insert(shape.end(), {1, 1});
    model_.initializers[layer.name + ".weight"] = Tensor::of_floats(layer.weights.elements, std::move(shape));
    std::vector<std::string> more{layer.name + ".weight"};
    if (!layer.bias.empty()) {
      model_.initializers[layer.name + ".bias"] = Tensor::of_floats(layer.bias, {outputs});
      more.push_back(layer.name + ".bias");
    }
    if (convolves) {
      then("Conv", std::move(more), {{"kernel_shape", integers({1, 1})}}, layer.name);
    } else {
      then("Gemm", std::move(more), {{"transB", integer(1)}}, layer.name);
    }
  }

 private:
  std::string constant(const std::string& what, std::vector<std::int64_t> values) {
    const std::string name = what + std::to_string(model_.initializers.size());
    model_.initializers[name] = Tensor::of_integers(values, {signed_size(values.size())});
    return name;
  }
  void then(const std::string& op, std::vector<std::string> more = {},
            std::map<std::string, OnnxAttribute> attributes = {}, const std::string& name = "") {
    OnnxNode node;
    node.op_type = op;
    node.name = name;
    node.inputs = std::move(more);
    node.inputs.insert(node.inputs.begin(), at_);
    node.attributes = std::move(attributes);
    at_ = fmt::format("v{}", model_.nodes.size());
    node.outputs = {at_};
    model_.nodes.push_back(std::move(node));
  }

  OnnxModel model_;
  std::string at_ = "x";
};

/// From images as they come to vectors (channels innermost), or to images of the network's own shape.
void prepare_input(Chain& chain, const std::vector<std::size_t>& image, const ImageShape& wanted,
                   bool as_image) {
  if (as_image && image == std::vector{wanted.channels, wanted.height, wanted.width}) return;
  if (image.size() == 3) {
    if (image[0] > 1 && image[1] * image[2] > 1) chain.transpose({0, 2, 3, 1});
    chain.flatten();
  }
  if (!as_image) return;
  chain.reshape(wanted);
  chain.transpose({0, 3, 1, 2});
}

}  // namespace

network::OnnxModel learned_network(const TrainingOptions& options, std::span<const LearnedLayer> layers,
                                   const std::vector<std::size_t>& image,
                                   const network::Preprocess& preprocess) {
  using Kind = StageSpec::Kind;
  Chain chain(image, preprocess);
  ImageShape at = options.input;
  bool is_image = options.stages.front().kind != Kind::dense;
  prepare_input(chain, image, at, is_image);
  std::size_t l = 0;
  for (std::size_t k = 0; k < options.stages.size(); ++k) {
    const StageSpec& stage = options.stages[k];
    if (stage.kind == Kind::pool) {
      chain.max_pool(stage.size);
      at = {at.height / stage.size, at.width / stage.size, at.channels};
      continue;
    }
    const bool convolves = stage.kind == Kind::convolution;
    const LearnedLayer& layer = layers[l++];
    std::vector<std::int64_t> sides;
    if (convolves) {
      chain.cut_out(at, stage.size);
      at = {at.height - stage.size + 1, at.width - stage.size + 1, stage.channels};
      sides = {signed_size(at.height), signed_size(at.width)};
    } else {
      if (is_image) {
        if (at.channels > 1) chain.transpose({0, 2, 3, 1});
        chain.flatten();
      }
      at = {1, 1, stage.size};
      is_image = false;
    }
    if (options.bias == Bias::array) chain.append_one(std::move(sides));
    chain.multiply(layer, convolves);
    chain.activate(activation_of(options, k));
  }
  return chain.finished(at.size());
}

}  // namespace mho::training
