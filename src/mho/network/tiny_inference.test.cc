// Inference on small random networks: arrays without error equal float whatever the layer; overrides,
// calibration files, threads, interruptions.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "mho/core/config.h"
#include "mho/core/error.h"
#include "mho/core/interrupt.h"
#include "mho/core/npy.h"
#include "mho/core/parallel.h"
#include "mho/network/data/dataset.h"
#include "mho/network/inference.h"
#include "network/tiny_network.h"

namespace mho::network {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TinyInference : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("tiny_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// `count` random images of that shape and a study that reads them.
  std::string study_with(const Shape& image, std::size_t count, const std::string& rest) {
    Shape shape = image;
    shape.insert(shape.begin(), static_cast<std::int64_t>(count));
    const Tensor pixels = random_tensor(shape, "images");
    const std::vector<std::size_t> sizes(shape.begin(), shape.end());
    core::write_npy<float>((folder_ / "x.npy").string(), sizes, pixels.floats());
    return "[network]\nmodel = \"tiny.onnx\"\n[data]\nimages = \"" + (folder_ / "x.npy").string() + "\"\n" +
           rest;
  }
  core::Config config(const std::string& text) const {
    return core::Config::from_text(text, (folder_ / "study.toml").string());
  }

  fs::path folder_;
};

const char* without_error = R"(
[device]
card = "ideal"
[mapping]
weight_bits = 0
[input]
bits = 0
range = 100
signed = "auto"
[adc]
kind = "ideal"
)";

/// Largest difference of the answers over the largest answer.
double difference(const Inference& inference, const Dataset& images, const Chip& chip) {
  const EvaluationOptions all{.keep_outputs = true};
  const auto exact = inference.evaluate(Mode::float32, images, all);
  const auto analog = inference.evaluate(chip, images, all);
  double off = 0, largest = 0;
  for (std::size_t i = 0; i < exact.outputs.elements.size(); ++i) {
    off = std::max<double>(off, std::abs(exact.outputs.elements[i] - analog.outputs.elements[i]));
    largest = std::max<double>(largest, std::abs(exact.outputs.elements[i]));
  }
  return off / largest;
}

TEST_F(TinyInference, EveryKindOfLayerFindsItsInputs) {
  struct Case {
    const char* name;
    Shape image;
    Chain chain;
  };
  std::vector<Case> cases;
  cases.push_back({"asymmetric padding, stride",
                   {3, 9, 7},
                   Chain({3, 9, 7}).layer("Conv", "a", {5, 3, 3, 2}, {1, 0, 2, 1}, 1, {2, 1})});
  cases.push_back({"dilation",
                   {3, 9, 7},
                   Chain({3, 9, 7}).layer("Conv", "a", {5, 3, 3, 2}, {2, 2, 2, 2}, 1, {1, 1}, {2, 3})});
  cases.push_back({"groups", {6, 5, 5}, Chain({6, 5, 5}).layer("Conv", "a", {9, 2, 3, 3}, {1, 1, 1, 1}, 3)});
  cases.push_back({"depthwise, twice the channels",
                   {6, 5, 5},
                   Chain({6, 5, 5}).layer("Conv", "a", {12, 1, 3, 3}, {1, 1, 1, 1}, 6)});
  cases.push_back({"one dimension, groups and dilation",
                   {6, 11},
                   Chain({6, 11})
                       .layer("Conv", "a", {9, 2, 3}, {2, 1}, 3, {1}, {2})
                       .layer("Conv", "b", {9, 1, 2}, {}, 9)});
  cases.push_back(
      {"transposed",
       {6, 5, 4},
       Chain({6, 5, 4}).layer("ConvTranspose", "a", {6, 4, 3, 2}, {1, 0, 1, 1}, 1, {2, 3}).then("Relu")});
  cases.push_back({"transposed, one dimension, groups",
                   {6, 7},
                   Chain({6, 7}).layer("ConvTranspose", "a", {6, 2, 4}, {1, 2}, 3, {2}, {2})});
  cases.push_back({"one dimension", {4, 11}, Chain({4, 11}).layer("Conv", "a", {6, 4, 3}, {1, 2}, 1, {2})});
  cases.push_back({"dense on words",
                   {5, 8},
                   Chain({5, 8}).layer("MatMul", "a", {8, 6}).then("Relu").layer("MatMul", "b", {6, 3})});
  cases.push_back(
      {"dense", {8}, Chain({8}).layer("Gemm", "a", {8, 6}).then("Relu").layer("Gemm", "b", {6, 3})});
  for (auto& c : cases) {
    auto study =
        config(study_with(c.image, 5, std::string(without_error) + "[array]\nrows = 20\ncols = 4\n"));
    auto inference = Inference::read(study, c.chain.network()).value();
    const Dataset images(study);
    study.finish();
    inference.calibrate(images);
    EXPECT_LT(difference(inference, images, *inference.program(1, 0)), 2e-5) << c.name;
  }
}

TEST_F(TinyInference, GroupsArePackedIntoArrays) {
  auto study =
      config(study_with({10, 4, 4}, 3, std::string(without_error) + "[array]\nrows = 30\ncols = 8\n"));
  const auto network = Chain({10, 4, 4}).layer("Conv", "a", {20, 1, 3, 3}, {1, 1, 1, 1}, 10).network();
  const auto inference = Inference::read(study, network).value();
  const LayerInfo& layer = inference.layers()[0];
  EXPECT_EQ(layer.kind, "depthwise-conv");
  EXPECT_EQ(layer.in, 9U);
  EXPECT_EQ(layer.out, 20U);
  EXPECT_EQ(layer.positions, 16U);
  EXPECT_EQ(layer.macs, 20U * 9 * 16);
  // 9 rows and 2 columns a group: three groups fit 30 rows, so 3 + 3 + 3 + 1; two arrays each (pairs).
  EXPECT_EQ(layer.matrices, 4U);
  EXPECT_EQ(layer.arrays, 8U);
  // 10 groups of 18 weights in pairs, on 8 arrays of 240 cells.
  EXPECT_NEAR(layer.utilization, 2 * 180.0 / (8 * 240), 1e-12);
}

TEST_F(TinyInference, DepthwiseMayStayDigital) {
  auto study = config(study_with({6, 5, 5}, 4, "") + "[device]\ncard = \"ideal\"\n");
  study = study.with("network.depthwise", "digital");
  auto inference =
      Inference::read(
          study,
          Chain({6, 5, 5}).layer("Conv", "a", {6, 1, 3, 3}, {}, 6).layer("Conv", "b", {4, 6, 1, 1}).network())
          .value();
  const Dataset images(study);
  study.finish();
  inference.calibrate(images);
  EXPECT_FALSE(inference.layers()[0].analog);
  EXPECT_TRUE(inference.layers()[1].analog);
  const auto analog = inference.evaluate(*inference.program(1, 0), images, {.snr_images = 4});
  EXPECT_EQ(analog.layers[0].conversions, 0U);
  EXPECT_EQ(analog.layers[1].conversions, 4U * 9 * 4);  // images × pixels × outputs, one slice, one pair
  EXPECT_GT(analog.layers[0].snr_db, 30);               // 8 bits
}

TEST_F(TinyInference, OverridesReachTheLayersThatMatch) {
  auto study = config(study_with({8}, 3, R"(
[[layer]]
match = "fc?"
adc.bits = 5
[[layer]]
match = "fc2.w*"
adc.bits = 4
array.rows = 16
)"));
  const auto network = Chain({8})
                           .layer("Gemm", "fc1", {8, 6})
                           .layer("Gemm", "fc2", {6, 3})
                           .layer("Gemm", "last", {3, 2})
                           .network();
  const auto inference = Inference::read(study, network).value();
  const Dataset images(study);
  study.finish();
  EXPECT_EQ(inference.settings(0).adc.bits, 5);
  EXPECT_EQ(inference.settings(0).array.rows, 1024U);
  EXPECT_EQ(inference.settings(1).adc.bits, 4);
  EXPECT_EQ(inference.settings(1).array.rows, 16U);
  EXPECT_EQ(inference.settings(2).adc.bits, 8);
}

TEST_F(TinyInference, OverridesThatFitNothingAreNamed) {
  const auto network = Chain({8}).layer("Gemm", "fc1", {8, 6}).network();
  const auto message = [&](const std::string& layer) {
    auto study = config(study_with({8}, 3, "[[layer]]\n" + layer));
    const auto inference = Inference::read(study, network).value();
    const Dataset images(study);
    try {
      study.finish();
    } catch (const core::InvalidInput& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message("match = \"conv*\"\nadc.bits = 5\n"), HasSubstr("there are fc1"));
  EXPECT_THAT(message("match = \"fc1\"\nadc.bitz = 5\n"), HasSubstr("bits"));
  EXPECT_THAT(message("match = \"fc1\"\nadc.bits = 99\n"), HasSubstr("99"));
  EXPECT_THAT(message("match = \"fc1\"\ncolour = 1\n"), HasSubstr("colour"));
}

TEST_F(TinyInference, WithoutANetworkThereIsNothingToRun) {
  std::ofstream(folder_ / "noise.onnx") << "no network";
  for (const std::string model : {"", "absent.onnx", "noise.onnx"}) {
    auto study = config("[network]\nmodel = \"" + model + "\"\n[adc]\nbits = 99\n");
    EXPECT_FALSE(Inference::read(study).has_value()) << model;
    try {
      study.finish();
      ADD_FAILURE() << model << " was taken";
    } catch (const core::InvalidInput& error) {
      EXPECT_THAT(error.what(), HasSubstr("network.model"));
      EXPECT_THAT(error.what(), HasSubstr("99")) << "the rest of the study is read all the same";
    }
  }
}

TEST_F(TinyInference, RangesAreThePercentileOfTheInputs) {
  auto study = config(study_with({50}, 200, "[calibration]\npercentile = 90\ncount = 200\n"));
  auto inference =
      Inference::read(
          study, Chain({50}).layer("Gemm", "a", {50, 20}).then("Relu").layer("Gemm", "b", {20, 3}).network())
          .value();
  const Dataset images(study);
  study.finish();
  inference.calibrate(images);
  // |x| of a standard normal lies below 1.645 with probability 0.9; 10,000 samples: standard error
  // sqrt(0.9·0.1/10000)/(2·phi(1.645)) = 0.0145.
  EXPECT_NEAR(inference.ranges(0).input, 1.645, 4 * 0.0145);
  EXPECT_TRUE(inference.ranges(0).input_signed);
  EXPECT_FALSE(inference.ranges(1).input_signed);  // after Relu
  ASSERT_EQ(inference.ranges(1).adc.size(), 1U);
  EXPECT_LT(inference.ranges(1).adc[0].lo, 0);
}

TEST_F(TinyInference, CalibrationIsReusedWhereItFits) {
  const auto network = Chain({8}).layer("Gemm", "a", {8, 6}).layer("Gemm", "b", {6, 3}).network();
  const std::string text = study_with({8}, 30, "[calibration]\nfile = \"ranges.json\"\n");
  const auto ranges_of = [&](const std::string& study_text, const std::shared_ptr<const Network>& n) {
    auto study = config(study_text);
    auto inference = Inference::read(study, n).value();
    const Dataset images(study);
    study.finish();
    inference.calibrate(images);
    return inference.ranges(1).input;
  };
  const double first = ranges_of(text, network);
  ASSERT_TRUE(fs::exists(folder_ / "ranges.json"));
  EXPECT_EQ(ranges_of(text, network), first);
  const auto complaint = [&](const std::string& study_text, const std::shared_ptr<const Network>& n) {
    try {
      ranges_of(study_text, n);
    } catch (const core::InvalidInput& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(complaint(text + "percentile = 99\n", network),
              HasSubstr("calibration.percentile was 99.98, is 99"));
  EXPECT_THAT(complaint(text + "[mapping]\nslices = 2\n", network), HasSubstr("b.slices was 1, is 2"));
  EXPECT_THAT(complaint(text + "[data.preprocess]\nscale = 0.5\n", network),
              HasSubstr("data.preprocess.scale was 1.0, is 0.5"));
  const auto other = Chain({8}).layer("Gemm", "a", {8, 6}).layer("Gemm", "c", {6, 3}).network();
  EXPECT_THAT(complaint(text, other), HasSubstr("it had no c.weights"));
  EXPECT_EQ(complaint(text + "[adc]\nbits = 5\n", network), "") << "which the ranges don't follow from";

  std::ostringstream file;
  file << std::ifstream(folder_ / "ranges.json").rdbuf();
  const std::string written = file.str();
  std::ofstream(folder_ / "ranges.json")
      << std::string(written).replace(written.find("\"input\": ") + 9, 1, "1");
  EXPECT_THAT(complaint(text, network), HasSubstr("were changed after they were written"));
  std::ofstream(folder_ / "ranges.json") << "{\"format\": \"mho calibration 1\", \"layers\": []}";
  EXPECT_THAT(complaint(text, network), HasSubstr("a calibration of mho 0.1"));
  std::ofstream(folder_ / "ranges.json") << written;
  EXPECT_EQ(ranges_of(text, network), first);
  core::write_npy<float>((folder_ / "x.npy").string(), std::vector<std::size_t>{30, 8},
                         random_tensor({30, 8}, "other images").floats());
  EXPECT_THAT(complaint(text, network), HasSubstr("calibration.images holds other contents"));
  std::ofstream(folder_ / "ranges.json") << "{\"format\": 3}";
  EXPECT_THAT(complaint(text, network), HasSubstr("calibration file"));
}

TEST_F(TinyInference, EveryOutputHasAGainWhereItWasSeenOften) {
  const auto network = Chain({8}).layer("Gemm", "a", {8, 6}).layer("Gemm", "b", {6, 3}).network();
  const auto gains_of = [&](std::size_t images, const std::string& file) {
    auto study = config(study_with({8}, images,
                                   fmt::format("[adc]\nrange_per = \"column\"\n[calibration]\ncount = {}\n"
                                               "file = \"{}\"\n",
                                               images, file)));
    auto inference = Inference::read(study, network).value();
    const Dataset data(study);
    study.finish();
    inference.calibrate(data);
    EXPECT_EQ(inference.evaluate(*inference.program(1, 0), data, {}).images, images);
    return inference.ranges(0).gain;
  };
  EXPECT_EQ(gains_of(100, "few.json"), std::vector<float>(6, 1.0f));
  const auto gains = gains_of(3000, "many.json");
  ASSERT_EQ(gains.size(), 6U);
  EXPECT_GT(*std::max_element(gains.begin(), gains.end()), 1.1);
  for (const float gain : gains) EXPECT_GT(gain, 0.7) << "the range is about that of the largest currents";
  EXPECT_EQ(gains_of(3000, "many.json"), gains) << "read from the file";
}

TEST_F(TinyInference, AnswersDependOnNeitherThreadsNorBatches) {
  auto study = config(study_with({3, 8, 8}, 23, "[device]\ncard = \"pcm-joshi\"\n"));
  auto inference = Inference::read(study, Chain({3, 8, 8})
                                              .layer("Conv", "a", {6, 3, 3, 3}, {1, 1, 1, 1})
                                              .then("Relu")
                                              .then("Flatten")
                                              .layer("Gemm", "b", {384, 5})
                                              .network())
                       .value();
  const Dataset images(study);
  study.finish();
  inference.calibrate(images);
  EXPECT_FALSE(inference.is_deterministic());
  const auto chip = inference.program(1, 4);
  const auto all = inference.evaluate(*chip, images, {.keep_outputs = true});
  core::set_thread_count(1);
  const auto one_thread = inference.evaluate(*inference.program(1, 4), images, {.keep_outputs = true});
  core::set_thread_count(0);
  EXPECT_EQ(all.outputs.elements, one_thread.outputs.elements);
  const auto part = inference.evaluate(*chip, images, {.first = 10, .count = 3, .keep_outputs = true});
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 5; ++j) EXPECT_EQ(part.outputs(i, j), all.outputs(10 + i, j));
  }
  const auto other = inference.evaluate(*inference.program(1, 5), images, {.keep_outputs = true});
  EXPECT_NE(all.outputs.elements, other.outputs.elements);
}

TEST_F(TinyInference, InterruptionsKeepWhatIsDone) {
  auto study = config(study_with({8}, 5000, ""));
  auto inference = Inference::read(study, Chain({8}).layer("Gemm", "a", {8, 8}).network()).value();
  const Dataset images(study);
  study.finish();
  EvaluationOptions options;
  std::size_t calls = 0;
  options.progress = [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 5000U);
    EXPECT_LE(done, total);
    if (++calls == 2) core::set_interrupted(true);
  };
  const auto result = inference.evaluate(Mode::float32, images, options);
  core::set_interrupted(false);
  EXPECT_TRUE(result.interrupted);
  EXPECT_GT(result.images, 0U);
  EXPECT_LT(result.images, 5000U);
  EXPECT_FALSE(result.has_labels);
  EXPECT_FALSE(std::isnan(result.mean_squared_error));  // as many outputs as inputs: an autoencoder
}

TEST_F(TinyInference, ImagesOfAnotherShapeAreRefused) {
  auto study = config(study_with({3, 4, 4}, 2, ""));
  const Inference inference =
      Inference::read(study, Chain({3, 4, 5}).layer("Conv", "a", {2, 3, 1, 1}).network()).value();
  const Dataset images(study);
  study.finish();
  EXPECT_THROW((void)inference.evaluate(Mode::float32, images, {}), core::InvalidInput);
}

}  // namespace
}  // namespace mho::network
