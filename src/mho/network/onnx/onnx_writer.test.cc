// What is written is read back, value by value; tests/python holds it against onnx itself.

#include "mho/network/onnx/onnx_writer.h"

#include <gtest/gtest.h>

#include "network/tiny_network.h"

namespace mho::network {
namespace {

OnnxModel a_model() {
  OnnxModel model;
  model.opset = 15;
  model.metadata = {{"data.preprocess", "{}"}, {"empty", ""}};
  model.initializers["w"] = random_tensor({2, 3}, "w");
  model.initializers["i"] = Tensor::of_integers(std::vector<std::int64_t>{-1, 1LL << 40}, {2});
  OnnxValue x;
  x.name = "x";
  x.has_shape = true;
  x.shape = {{std::nullopt, "N"}, {3, ""}};
  model.inputs = {x};
  OnnxValue y;
  y.name = "y";
  model.outputs = {y};
  OnnxNode node;
  node.name = "layer";
  node.op_type = "Gemm";
  node.inputs = {"x", "w", ""};
  node.outputs = {"y"};
  node.attributes["alpha"].f = 0.5f;
  node.attributes["transB"].i = 1;
  node.attributes["text"].s = "abc";
  node.attributes["tensor"].t = Tensor::of_floats(std::vector{1.5f}, {1});
  node.attributes["floats"].floats = {1, -2.5f};
  node.attributes["ints"].ints = {3, -4};
  node.attributes["strings"].strings = {"p", ""};
  node.attributes["none"] = {};
  model.nodes = {node};
  return model;
}

OnnxModel through_bytes(const OnnxModel& model) {
  const std::string bytes = onnx_bytes(model);
  return read_onnx(std::as_bytes(std::span(bytes)), "a.onnx");
}

TEST(OnnxWriter, TheReaderFindsWhatWasWritten) {
  const OnnxModel wrote = a_model(), read = through_bytes(wrote);
  EXPECT_EQ(read.opset, 15);
  EXPECT_EQ(read.metadata, wrote.metadata);
  ASSERT_EQ(read.initializers.size(), 2u);
  const auto w = read.initializers.at("w").floats(), w0 = wrote.initializers.at("w").floats();
  EXPECT_TRUE(std::equal(w.begin(), w.end(), w0.begin(), w0.end()));
  EXPECT_EQ(read.initializers.at("w").shape, (Shape{2, 3}));
  EXPECT_EQ(read.initializers.at("i").integers()[1], 1LL << 40);
  ASSERT_EQ(read.inputs.size(), 1u);
  EXPECT_EQ(read.inputs[0].shape[0].symbol, "N");
  EXPECT_EQ(read.inputs[0].shape[1].value, 3);
  ASSERT_EQ(read.outputs.size(), 1u);
  EXPECT_FALSE(read.outputs[0].has_shape);
  ASSERT_EQ(read.nodes.size(), 1u);
  const OnnxNode& node = read.nodes[0];
  EXPECT_EQ(node.name, "layer");
  EXPECT_EQ(node.op_type, "Gemm");
  EXPECT_EQ(node.inputs, wrote.nodes[0].inputs);
  EXPECT_EQ(node.outputs, wrote.nodes[0].outputs);
  const auto& a = node.attributes;
  EXPECT_EQ(a.size(), 8u);
  EXPECT_EQ(a.at("alpha").f, 0.5f);
  EXPECT_EQ(a.at("transB").i, 1);
  EXPECT_EQ(a.at("text").s, "abc");
  EXPECT_EQ(a.at("tensor").t->floats()[0], 1.5f);
  EXPECT_EQ(a.at("floats").floats, (std::vector<float>{1, -2.5f}));
  EXPECT_EQ(a.at("ints").ints, (std::vector<std::int64_t>{3, -4}));
  EXPECT_EQ(a.at("strings").strings, (std::vector<std::string>{"p", ""}));
  EXPECT_TRUE(a.at("none").ints.empty());
}

TEST(OnnxWriter, TheSameModelGivesTheSameBytes) {
  const std::string bytes = onnx_bytes(a_model());
  EXPECT_EQ(onnx_bytes(a_model()), bytes);
  EXPECT_EQ(onnx_bytes(through_bytes(a_model())), bytes);
}

}  // namespace
}  // namespace mho::network
