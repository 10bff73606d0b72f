// What is written of a trained network answers as the network does.

#include "mho/training/learned_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "mho/core/random.h"
#include "mho/network/batches.h"
#include "mho/network/data/preprocess.h"
#include "mho/network/graph/graph.h"
#include "mho/network/layers/network.h"
#include "mho/network/layers/plan.h"
#include "mho/network/onnx/onnx_writer.h"
#include "mho/network/operators/onednn.h"
#include "mho/network/operators/run_state.h"

namespace mho::training {
namespace {

constexpr std::size_t kImages = 60;

core::Matrix<float> random_images(std::size_t size) {
  core::Matrix<float> x(kImages, size);
  core::fill_normal(core::random_key({.seed = 5, .purpose = "images"}), 0, 0, x.elements);
  return x;
}

/// From channels innermost, as training has it, to (channels, height, width).
std::vector<float> planes(std::span<const float> image, const ImageShape& s) {
  std::vector<float> out(image.size());
  for (std::size_t p = 0; p < s.height * s.width; ++p) {
    for (std::size_t c = 0; c < s.channels; ++c) out[c * s.height * s.width + p] = image[p * s.channels + c];
  }
  return out;
}

/// Classes by the file; `image`: the shape that it takes.
std::vector<std::size_t> classes_of_file(const network::OnnxModel& model, const core::Matrix<float>& x,
                                         const ImageShape& shape, bool as_planes) {
  const std::string bytes = network::onnx_bytes(model);
  const network::Network net(
      network::make_graph(network::read_onnx(std::as_bytes(std::span(bytes)), "learned.onnx")));
  const network::OneThread one_thread;
  const network::Plan plan(net.graph(), net.input_shapes(kImages));
  network::RunState state;
  std::vector<float> pixels;
  for (std::size_t n = 0; n < kImages; ++n) {
    const auto image =
        as_planes ? planes(x.row(n), shape) : std::vector<float>(x.row(n).begin(), x.row(n).end());
    pixels.insert(pixels.end(), image.begin(), image.end());
  }
  network::run_plan(plan, state, pixels);
  const auto out = plan.output(state, 0);
  const std::span<const float> y(reinterpret_cast<const float*>(out.data()), kImages * net.outputs());
  std::vector<std::size_t> classes;
  for (std::size_t n = 0; n < kImages; ++n) {
    const auto row = y.subspan(n * net.outputs(), net.outputs());
    classes.push_back(static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  return classes;
}

struct Case {
  const char* name;
  ImageShape input;
  std::vector<StageSpec> stages;
  Activation hidden = Activation::sigmoid;
  Loss loss = Loss::cross_entropy;
  Bias bias = Bias::array;
  std::vector<std::size_t> image;  ///< shape in the data set
};

using Kind = StageSpec::Kind;

class Learned : public testing::TestWithParam<Case> {};

TEST_P(Learned, TheFileAnswersAsTheTrainerDoes) {
  const Case& c = GetParam();
  TrainingOptions options;
  options.input = c.input;
  options.stages = c.stages;
  options.hidden = c.hidden;
  options.loss = c.loss;
  options.bias = c.bias;
  options.numeric = true;
  options.epochs = 1;
  options.learning_rate = 0.02;
  Samples samples{random_images(c.input.size()), {}};
  for (std::size_t n = 0; n < kImages; ++n)
    samples.labels.push_back(static_cast<int>(n % c.stages.back().size));
  Trainer trainer(options, 3, 0);
  // So that a bias, digital or not, is not 0 any more.
  trainer.run(
      samples, samples, [] { return false; }, [](std::size_t) {}, [](const EpochResult&) {});
  const auto model = learned_network(options, trainer.learned(), c.image, {});
  const auto classes = classes_of_file(model, samples.x, c.input, c.image.size() == 3);
  samples.labels.assign(classes.begin(), classes.end());
  EXPECT_EQ(trainer.accuracy(samples), 1);
  // Every layer is a node of its own name, with the rows of its array.
  for (const auto& layer : trainer.learned()) {
    const bool there = std::any_of(model.nodes.begin(), model.nodes.end(),
                                   [&](const auto& node) { return node.name == layer.name; });
    EXPECT_TRUE(there) << layer.name;
    EXPECT_EQ(model.initializers.at(layer.name + ".weight").shape[1],
              static_cast<std::int64_t>(layer.weights.cols));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Networks, Learned,
    testing::Values(
        Case{"dense", {1, 1, 12}, {{Kind::dense, 8}, {Kind::dense, 5}}, {}, {}, Bias::array, {12}},
        Case{"images",
             {1, 1, 12},
             {{Kind::dense, 8}, {Kind::dense, 5}},
             Activation::tanh,
             Loss::squared,
             Bias::digital,
             {1, 3, 4}},
        Case{"colours",
             {3, 4, 2},
             {{Kind::dense, 8}, {Kind::dense, 5}},
             Activation::relu,
             {},
             Bias::none,
             {2, 3, 4}},
        Case{"convolutions",
             {7, 6, 2},
             {{Kind::convolution, 3, 4}, {Kind::pool, 2}, {Kind::dense, 5}},
             Activation::tanh,
             {},
             Bias::array,
             {2, 7, 6}},
        Case{"two convolutions",
             {8, 8, 1},
             {{Kind::convolution, 3, 3},
              {Kind::convolution, 2, 4},
              {Kind::pool, 2},
              {Kind::dense, 6},
              {Kind::dense, 5}},
             Activation::relu,
             {},
             Bias::digital,
             {1, 8, 8}},
        Case{"a vector as an image",
             {4, 4, 2},
             {{Kind::pool, 2}, {Kind::convolution, 2, 3}, {Kind::dense, 5}},
             Activation::sigmoid,
             {},
             Bias::array,
             {32}}),
    [](const auto& of) {
      std::string name = of.param.name;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

TEST(LearnedNetwork, SaysHowImagesBecomeItsInputs) {
  TrainingOptions options;
  options.input = {1, 1, 4};
  options.stages = {{Kind::dense, 2}};
  options.numeric = true;
  Trainer trainer(options, 1, 0);
  network::Preprocess p;
  p.resize = 9;
  p.crop = 8;
  p.odd_margin = network::Preprocess::OddMargin::even;
  p.order = network::Preprocess::Order::gray;
  p.scale = 1.0 / 255;
  p.mean = {1.0 / 3, 0.5, 0.25};
  p.std = {1.0 / 7};
  const auto model = learned_network(options, trainer.learned(), {4}, p);
  const auto found = network::preprocess_of(model.metadata.at(network::kPreprocessMetadata), "a.onnx");
  EXPECT_EQ(found.resize, 9u);
  EXPECT_EQ(found.crop, 8u);
  EXPECT_EQ(found.odd_margin, p.odd_margin);
  EXPECT_EQ(found.order, p.order);
  EXPECT_EQ(found.scale, p.scale);
  EXPECT_EQ(found.mean, p.mean);
  EXPECT_EQ(found.std, p.std);
}

}  // namespace
}  // namespace mho::training
