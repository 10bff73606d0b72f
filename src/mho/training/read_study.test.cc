// A key of [training] that would change nothing is refused, not passed over.

#include "mho/training/read_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mho/core/error.h"

namespace mho::training {
namespace {

using testing::HasSubstr;

const std::string data = "[data]\nimages = \"a/train\"\n[device]\ncard = \"constant-step\"\n";

std::string refusal(const std::string& training) {
  auto study = core::Config::from_text(data + training, "study.toml");
  try {
    read_training(study);
    study.finish();
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

std::vector<std::int64_t> carries(const std::string& carry) {
  auto study = core::Config::from_text(data + "[training.carry]\n" + carry, "study.toml");
  auto every = read_training(study).options.carry->every;
  study.finish();
  return every;
}

TEST(ReadTraining, EveryArrayButTheFirstHasItsCarry) {
  using Every = std::vector<std::int64_t>;
  EXPECT_EQ(carries(""), Every({10, 100})) << "for three arrays";
  EXPECT_EQ(carries("arrays = 2"), Every({10}));
  EXPECT_EQ(carries("arrays = 5"), Every({10, 100, 1000, 10000}));
  EXPECT_EQ(carries("arrays = 4\nevery = [2, 3, 4]"), Every({2, 3, 4}));
  EXPECT_THAT(refusal("[training.carry]\narrays = 4\nevery = [10, 100]\n"),
              HasSubstr("training.carry.every = [ 10, 100 ]: has 2 numbers; 4 arrays need 3"));
  EXPECT_THAT(refusal("[training.carry]\nevery = []\n"), HasSubstr("has 0 numbers; 3 arrays need 2"));
  EXPECT_THAT(refusal("[training.carry]\nevery = [10, 0]\n"), HasSubstr("each at least 1"));
}

TEST(ReadTraining, ChoppingNeedsToBeOn) {
  for (const std::string key : {"chop_probability", "chop_outputs"}) {
    EXPECT_THAT(refusal("[training.transfer]\n" + key + " = 0.5\n"),
                HasSubstr("training.transfer." + key + " = 0.5: has a meaning only with chopped = true"));
    EXPECT_EQ(refusal("[training.transfer]\nchopped = true\n" + key + " = 0.5\n"), "");
  }
}

TEST(ReadTraining, NumericTrainingHasNoArrays) {
  for (const std::string arrays : {"carry", "transfer"}) {
    EXPECT_THAT(refusal("[training]\nnumeric = true\n[training." + arrays + "]\n"),
                HasSubstr("numeric = true keeps weights in no array"));
    EXPECT_EQ(refusal("[training]\nnumeric = false\n[training." + arrays + "]\n"), "");
  }
}

}  // namespace
}  // namespace mho::training
