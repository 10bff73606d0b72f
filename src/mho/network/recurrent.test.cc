// Recurrent networks on arrays: both matrices are layers, programmed once, read at every time step with its
// own noise. (That their float answers are right is checked against ONNX Runtime, tests/python.)

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "mho/core/config.h"
#include "mho/core/error.h"
#include "mho/core/npy.h"
#include "mho/network/data/dataset.h"
#include "mho/network/inference.h"
#include "network/tiny_network.h"
#include "temporary_folder.h"

namespace mho::network {
namespace {

using testing::HasSubstr;

constexpr std::int64_t steps = 6, inputs = 4, hidden = 5;

OnnxNode node_of(const std::string& op, std::vector<std::string> from, std::vector<std::string> to,
                 const std::string& name = "") {
  OnnxNode node;
  node.op_type = op;
  node.name = name;
  node.inputs = std::move(from);
  node.outputs = std::move(to);
  return node;
}

OnnxValue value_of(const std::string& name, const Shape& shape) {
  OnnxValue value;
  value.name = name;
  value.has_shape = true;
  value.shape.push_back({std::nullopt, "N"});
  for (const auto d : shape) value.shape.push_back({d, ""});
  return value;
}

/// One recurrent node "memory" over images (steps, inputs), whose every state is an output.
OnnxModel memory(const std::string& op, const std::string& direction, std::int64_t reset_after = 0) {
  const std::int64_t ways = direction == "bidirectional" ? 2 : 1;
  const std::int64_t rows = hidden * (op == "LSTM" ? 4 : (op == "GRU" ? 3 : 1));
  OnnxModel model;
  model.source = "memory.onnx";
  model.opset = 13;
  model.inputs = {value_of("x", {steps, inputs})};
  model.initializers["W"] = random_tensor({ways, rows, inputs}, "W", 0.5f);
  model.initializers["R"] = random_tensor({ways, rows, hidden}, "R", 0.4f);
  model.initializers["B"] = random_tensor({ways, 2 * rows}, "B", 0.3f);
  auto turn = node_of("Transpose", {"x"}, {"turned"});
  turn.attributes["perm"].ints = {1, 0, 2};
  auto recur = node_of(op, {"turned", "W", "R", "B"}, {"Y"}, "memory");
  recur.attributes["direction"].s = direction;
  recur.attributes["linear_before_reset"].i = reset_after;
  auto back = node_of("Transpose", {"Y"}, {"y"});
  back.attributes["perm"].ints = {2, 0, 1, 3};
  model.nodes = {turn, recur, back};
  model.outputs = {value_of("y", {steps, ways, hidden})};
  return model;
}

std::shared_ptr<const Network> network(OnnxModel model) {
  return std::make_shared<const Network>(make_graph(std::move(model)));
}

class Recurrent : public testing::Test {
 protected:
  core::Config study(const Tensor& images, const std::string& rest) const {
    const std::string path = folder_.file("x.npy");
    const std::vector<std::size_t> shape(images.shape.begin(), images.shape.end());
    core::write_npy<float>(path, shape, images.floats());
    return core::Config::from_text("[network]\nmodel = \"-\"\n[data]\nimages = \"" + path + "\"\n" + rest,
                                   folder_.file("study.toml"));
  }
  core::Config study(const std::string& rest) const {
    return study(random_tensor({9, steps, inputs}, "images"), rest);
  }

  tests::TemporaryFolder folder_;
};

const char* without_error = R"(
[device]
card = "ideal"
[mapping]
weight_bits = 0
[input]
bits = 0
range = 100
[adc]
kind = "ideal"
)";

/// Largest difference of the answers over the largest answer.
double difference(const Evaluation& exact, const Evaluation& other) {
  double off = 0, largest = 0;
  for (std::size_t i = 0; i < exact.outputs.elements.size(); ++i) {
    off = std::max<double>(off, std::abs(exact.outputs.elements[i] - other.outputs.elements[i]));
    largest = std::max<double>(largest, std::abs(exact.outputs.elements[i]));
  }
  return off / largest;
}

struct Errors {
  double digital = 0, analog = 0;
};

Errors errors_of(core::Config study, const std::shared_ptr<const Network>& net) {
  auto inference = Inference::read(study, net).value();
  const Dataset images(study);
  study.finish();
  inference.calibrate(images);
  const EvaluationOptions all{.keep_outputs = true};
  const auto exact = inference.evaluate(Mode::float32, images, all);
  return {difference(exact, inference.evaluate(Mode::digital, images, all)),
          difference(exact, inference.evaluate(*inference.program(1, 0), images, all))};
}

TEST_F(Recurrent, ArraysWithoutErrorAnswerAsFloat) {
  struct Case {
    const char *op, *direction;
    std::int64_t reset_after;
  };
  for (const Case& c :
       {Case{"LSTM", "forward", 0}, Case{"LSTM", "bidirectional", 0}, Case{"GRU", "reverse", 0},
        Case{"GRU", "bidirectional", 1}, Case{"RNN", "forward", 0}}) {
    const auto net = network(memory(c.op, c.direction, c.reset_after));
    const auto ideal = errors_of(study(std::string(without_error) + "[array]\nrows = 3\ncols = 8\n"), net);
    EXPECT_LT(ideal.analog, 2e-5) << c.op << ' ' << c.direction;
    // Rounding at every place to 1/2^15 of its range: gates have slopes of at most one, and so few steps
    // add so few roundings up.
    const std::string fine =
        "[device]\ncard = \"ideal\"\n[mapping]\nweight_bits = 16\n[input]\nbits = 16\n"
        "[adc]\nbits = 16\n[calibration]\npercentile = 100\n";
    const auto many_bits = errors_of(study(fine), net);
    EXPECT_LT(many_bits.digital, 1e-3) << c.op << ' ' << c.direction;
    EXPECT_LT(many_bits.analog, 1e-3) << c.op << ' ' << c.direction;
    const auto eight_bits =
        errors_of(study("[device]\ncard = \"ideal\"\n[calibration]\npercentile = 100\n"), net);
    EXPECT_LT(eight_bits.digital, 0.05) << c.op << ' ' << c.direction;
    EXPECT_LT(eight_bits.analog, 0.05) << c.op << ' ' << c.direction;
    EXPECT_GT(eight_bits.analog, many_bits.analog);
  }
}

TEST_F(Recurrent, EmptyWeightsAreNamed) {
  OnnxModel model = memory("LSTM", "forward");
  model.initializers["W"] = Tensor(DataType::f32, {1, 4 * hidden, 0});
  try {
    network(std::move(model));
    ADD_FAILURE() << "was taken";
  } catch (const core::InvalidInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("memory.onnx: node 'memory' (LSTM): W of shape 1×20×0 is empty"));
  }
}

TEST_F(Recurrent, BothMatricesAreLayers) {
  auto config = study("[device]\ncard = \"ideal\"\n[[layer]]\nmatch = \"*.recurrent*\"\nadc.bits = 6\n");
  auto inference = Inference::read(config, network(memory("LSTM", "bidirectional"))).value();
  const Dataset images(config);
  config.finish();
  const auto& layers = inference.layers();
  ASSERT_EQ(layers.size(), 4U);
  EXPECT_EQ(layers[0].name, "memory.input");
  EXPECT_EQ(layers[1].name, "memory.input_reverse");
  EXPECT_EQ(layers[2].name, "memory.recurrent");
  EXPECT_EQ(layers[3].name, "memory.recurrent_reverse");
  EXPECT_EQ(layers[0].kind, "matmul");
  EXPECT_EQ(layers[2].kind, "recurrent");
  EXPECT_EQ(layers[2].weights_name, "R");
  for (const auto& layer : layers) {
    EXPECT_EQ(layer.positions, static_cast<std::size_t>(steps));
    EXPECT_EQ(layer.cost.positions, static_cast<std::size_t>(steps));
    EXPECT_EQ(layer.cost.sequential, layer.kind == "recurrent");
    EXPECT_EQ(layer.out, static_cast<std::size_t>(4 * hidden));
    EXPECT_EQ(layer.macs, layer.weights * steps);
  }
  EXPECT_EQ(layers[0].in, static_cast<std::size_t>(inputs));
  EXPECT_EQ(layers[2].in, static_cast<std::size_t>(hidden));
  EXPECT_EQ(inference.settings(0).adc.bits, 8);
  EXPECT_EQ(inference.settings(3).adc.bits, 6);
  inference.calibrate(images);
  EXPECT_LE(inference.ranges(2).input, 1);  // states of an LSTM
  EXPECT_TRUE(inference.ranges(2).input_signed);
  const auto result = inference.evaluate(*inference.program(1, 0), images, {.snr_images = 9});
  for (const auto& layer : result.layers) {
    EXPECT_EQ(layer.conversions, static_cast<std::uint64_t>(9 * steps * 4 * hidden));
    EXPECT_GT(layer.snr_db, 15);
    EXPECT_LT(layer.snr_db, 60);
  }
  EXPECT_LT(result.layers[2].snr_db, result.layers[0].snr_db);  // two bits fewer, errors of steps before
}

TEST_F(Recurrent, TheResetGateBeforeTheProductMakesItTwo) {
  const auto net = network(memory("GRU", "forward", 0));
  ASSERT_EQ(net->layers().size(), 3U);
  EXPECT_EQ(net->layers()[1].name, "memory.recurrent");
  EXPECT_EQ(net->layers()[1].columns, 2U * hidden);
  EXPECT_EQ(net->layers()[2].name, "memory.candidate");
  EXPECT_EQ(net->layers()[2].columns, static_cast<std::size_t>(hidden));
  EXPECT_EQ(network(memory("GRU", "forward", 1))->layers().size(), 2U);
}

/// An RNN that keeps what the first step gave it: h <- relu(R·h + W·x), R and W one, x = 1, 0, 0, ….
/// Rows of the result: h over the steps.
core::Matrix<float> memories(core::Config config, std::int64_t length, std::int64_t units) {
  OnnxModel model = memory("RNN", "forward");
  Tensor one(DataType::f32, {1, units, units});
  for (std::int64_t i = 0; i < units; ++i) one.writable_floats()[i * units + i] = 1;
  model.initializers["W"] = model.initializers["R"] = one;
  model.nodes[1].inputs.pop_back();  // no biases
  model.nodes[1].attributes["activations"].strings = {"Relu"};
  model.inputs = {value_of("x", {length, units})};
  model.outputs = {value_of("y", {length, 1, units})};
  auto inference = Inference::read(config, network(std::move(model))).value();
  const Dataset images(config);
  config.finish();
  inference.calibrate(images);
  const auto result = inference.evaluate(*inference.program(1, 0), images, {.keep_outputs = true});
  core::Matrix<float> h(static_cast<std::size_t>(length), static_cast<std::size_t>(units));
  h.elements = result.outputs.elements;
  return h;
}

TEST_F(Recurrent, EveryStepReadsTheSameCellsWithItsOwnNoise) {
  constexpr std::int64_t length = 17, units = 64;
  Tensor x(DataType::f32, {1, length, units});
  std::fill_n(x.writable_floats().begin(), units, 1.0f);
  const auto with = [&](const std::string& noise) {
    return memories(study(x, "[device]\ncard = \"state-independent\"\non_off_ratio = inf\n" + noise +
                                 "[mapping]\nweight_bits = 0\n[input]\nbits = 0\nrange = 4\n[adc]\nkind = "
                                 "\"ideal\"\n"),
                    length, units);
  };
  // The programming error is the same at every step: h(t) = R^(t-1)·h(1) with one R.
  const auto programmed =
      with("programming.scale = 0.1\nread_noise = false\nprogramming.sigma = { polynomial = [0.002] }\n");
  // The walk of fresh noise: after t steps its variance is t times that of one.
  const auto noisy = with("programming_error = false\nreading.scale = 0.05\n");
  double one = 0, all = 0, same = 0, apart = 0;
  for (std::size_t j = 0; j < units; ++j) {
    for (std::size_t t = 1; t < length; ++t) one += std::pow(noisy(t, j) - noisy(t - 1, j), 2) / (length - 1);
    all += std::pow(noisy(length - 1, j) - noisy(0, j), 2);
    const double first = programmed(1, j) - programmed(0, j),
                 last = programmed(length - 1, j) - programmed(length - 2, j);
    same += first * last;
    apart += std::pow(first - last, 2);
  }
  ASSERT_GT(one, 0);
  // `all` is a sum of 64 squares of Gaussians: relative deviation sqrt(2/64) = 0.18.
  EXPECT_NEAR(all / one / (length - 1), 1, 4 * 0.18);
  ASSERT_GT(same, 0);
  EXPECT_LT(apart, 0.1 * same);  // second order in a small error
}

TEST_F(Recurrent, AnswersDependOnNoBatch) {
  auto config = study("[device]\ncard = \"pcm-joshi\"\n");
  auto inference = Inference::read(config, network(memory("LSTM", "bidirectional"))).value();
  const Dataset images(config);
  config.finish();
  inference.calibrate(images);
  const auto chip = inference.program(1, 2);
  const auto all = inference.evaluate(*chip, images, {.keep_outputs = true});
  const auto part = inference.evaluate(*chip, images, {.first = 6, .count = 1, .keep_outputs = true});
  for (std::size_t j = 0; j < inference.outputs(); ++j) EXPECT_EQ(part.outputs(0, j), all.outputs(6, j));
}

TEST_F(Recurrent, ABatchInTheSecondDimensionIsNamed) {
  OnnxModel model = memory("GRU", "forward");
  model.nodes[1].inputs[0] = "x";  // (5 "images", 6 steps, …) read as 5 steps of a batch of 6
  model.inputs[0].shape[0] = {5, ""};
  try {
    network(std::move(model));
    FAIL();
  } catch (const core::InvalidInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("node 'memory' (GRU): its batch (dimension 1 of X) is 6"));
    EXPECT_THAT(error.what(), HasSubstr("is 5"));
  }
}

}  // namespace
}  // namespace mho::network
