#include "mho/network/data/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace mho::network {
namespace {

TEST(Accuracy, RankCountsLargerOutputsAndEqualOnesBefore) {
  const std::vector<float> y = {0.5f, 2.0f, 0.5f, -1.0f};
  EXPECT_EQ(rank_of(y, 1), 0U);
  EXPECT_EQ(rank_of(y, 0), 1U);
  EXPECT_EQ(rank_of(y, 2), 2U);  // ties go to the lower index, as argmax does
  EXPECT_EQ(rank_of(y, 3), 3U);
}

TEST(Accuracy, WhatIsNoNumberIsNeverRight) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(rank_of(std::vector<float>{nan, nan, nan}, 0), 2U);
}

TEST(Accuracy, DecibelOfKnownErrors) {
  SignalAndError s;
  s.add(std::vector<float>{3, 4}, std::vector<float>{3, 4});
  EXPECT_TRUE(std::isinf(s.decibel()));
  s.add(std::vector<float>{5}, std::vector<float>{4.5f});  // signal 50, error 0.25
  EXPECT_NEAR(s.decibel(), 10 * std::log10(200.0), 1e-9);
  EXPECT_DOUBLE_EQ(mean_squared_error(std::vector<float>{1, 2}, std::vector<float>{0, 4}), 2.5);
}

}  // namespace
}  // namespace mho::network
