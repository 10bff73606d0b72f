// Whole networks on real images: what the data's authors measured is what we compute.

#include "mho/network/inference.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "mho/core/config.h"
#include "mho/core/error.h"
#include "mho/network/dataset.h"

namespace mho::network {
namespace {

std::string data_folder() {
  const char* data = std::getenv("MHO_DATA");
  return data != nullptr ? data : std::string(MHO_SOURCE_DIR) + "/../shared/data";
}

class OnRealData : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(data_folder() + "/models")) GTEST_SKIP() << "no models in MHO_DATA";
    setenv("MHO_DATA", data_folder().c_str(), 1);
  }
};

const char* cnn6 = R"(
[network]
model = "models/mnist/mnist_CNN6.onnx"
[data]
images = "mnist/test"
[data.preprocess]
scale = 0.00392156862745098
)";

std::string cifar(const std::string& model) {
  return fmt::format(R"(
[network]
model = "models/cifar10/{}.onnx"
[data]
images = "cifar10/test_lossless_118.bin"
[data.preprocess]
scale = 0.00392156862745098
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
)",
                     model);
}

struct Loaded {
  core::Config study;
  Inference inference;
  Dataset images;

  explicit Loaded(const std::string& text)
      : study(core::Config::from_text(text, "test.toml")), inference(study), images(study) {
    study.finish();
  }
};

TEST_F(OnRealData, Cnn6AnswersAsMeasured) {
  const Loaded l(cnn6);
  const auto result = l.inference.evaluate(Mode::float32, l.images, {});
  EXPECT_EQ(result.images, 10'000U);
  EXPECT_EQ(result.top1, 9857U);  // 98.57%
  EXPECT_GE(result.top5, result.top1);
}

TEST_F(OnRealData, ResNetsAnswerAsMeasured) {
  const std::pair<const char*, double> nets[] = {{"resnet14_crosssim", 90.7},
                                                 {"resnet20_crosssim", 91.5},
                                                 {"resnet56_crosssim", 91.5},
                                                 {"resnet20_akamaster", 92.4}};
  for (const auto& [name, percent] : nets) {
    const Loaded l(cifar(name));
    const auto result = l.inference.evaluate(Mode::float32, l.images, {});
    EXPECT_EQ(result.images, 118U);
    EXPECT_NEAR(100 * result.top1_fraction(), percent, 0.05) << name;
  }
}

/// Ideal cells, continuous weights and inputs, no converters: arrays answer what float answers.
const char* without_error = R"(
[device]
card = "ideal"
[mapping]
weight_bits = 0
[input]
bits = 0
range = 1000
[adc]
kind = "ideal"
)";

TEST_F(OnRealData, ArraysWithoutErrorAnswerAsFloat) {
  for (const std::string& net :
       {std::string(cnn6), cifar("resnet20_akamaster"), cifar("resnet14_crosssim")}) {
    Loaded l(net + without_error);
    const EvaluationOptions few{.count = 20, .snr_images = 20, .keep_outputs = true};
    l.inference.calibrate(l.images);
    const auto exact = l.inference.evaluate(Mode::float32, l.images, few);
    const auto analog = l.inference.evaluate(*l.inference.program(1, 0), l.images, few);
    ASSERT_EQ(analog.outputs.rows, 20U);
    float largest = 0;
    for (const float y : exact.outputs.elements) largest = std::max(largest, std::abs(y));
    for (std::size_t i = 0; i < exact.outputs.elements.size(); ++i) {
      EXPECT_NEAR(analog.outputs.elements[i], exact.outputs.elements[i], 1e-4 * largest);
    }
    for (std::size_t i = 0; i < analog.layers.size(); ++i)
      EXPECT_GT(analog.layers[i].snr_db, 80) << l.inference.layers()[i].name;
    EXPECT_TRUE(l.inference.is_deterministic());
  }
}

TEST_F(OnRealData, EightBitsAreEnough) {
  Loaded l(std::string(cnn6) + "[device]\ncard = \"ideal\"\n");
  l.inference.calibrate(l.images);
  const EvaluationOptions some{.count = 2000, .snr_images = 32};
  const auto exact = l.inference.evaluate(Mode::float32, l.images, some);
  const auto digital = l.inference.evaluate(Mode::digital, l.images, some);
  const auto analog = l.inference.evaluate(*l.inference.program(1, 0), l.images, some);
  // Of 2000 images those that 8 bits change are few: within 1 percentage point, 5 standard errors of a
  // difference in which 1 image in 100 changes sides.
  EXPECT_NEAR(digital.top1_fraction(), exact.top1_fraction(), 0.01);
  EXPECT_NEAR(analog.top1_fraction(), exact.top1_fraction(), 0.01);
  for (std::size_t i = 0; i < analog.layers.size(); ++i) {
    fmt::print("{:10} digital {:.1f} dB analog {:.1f} dB clipped {} of {}\n", l.inference.layers()[i].name,
               digital.layers[i].snr_db, analog.layers[i].snr_db, analog.layers[i].clipped,
               analog.layers[i].conversions);
  }
  fmt::print("float {} digital {} analog {} of 2000; {} {} {} s\n", exact.top1, digital.top1, analog.top1,
             exact.seconds, digital.seconds, analog.seconds);
}

}  // namespace
}  // namespace mho::network
