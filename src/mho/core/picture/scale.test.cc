#include "mho/core/picture/scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace mho::core {
namespace {

using testing::ElementsAre;

TEST(Scale, TicksAreRoundNumbersInside) {
  EXPECT_THAT(ticks(0, 10, 6), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(ticks(1, 1e4, 6, true), ElementsAre(1, 10, 100, 1000, 1e4));
  EXPECT_THAT(ticks(1, 10, 6, true), ElementsAre(1, 2, 5, 10));
  EXPECT_LE(ticks(1e-12, 1e12, 6, true).size(), 8U);
  EXPECT_THAT(ticks(3, 4, 4, true), ElementsAre(3, 3.25, 3.5, 3.75, 4)) << "less than a step of 1, 2, 5";
  for (const auto& [lo, hi] :
       {std::pair{0.0, 1.0}, {-3.7, 12.2}, {0.00012, 0.00031}, {0.0, 97.5}, {-0.31, 0.29}}) {
    const auto marks = ticks(lo, hi, 5);
    ASSERT_GE(marks.size(), 2U);
    ASSERT_LE(marks.size(), 8U);
    EXPECT_GE(marks.front(), lo - 1e-9 * (hi - lo));
    EXPECT_LE(marks.back(), hi + 1e-9 * (hi - lo));
  }
}

TEST(Scale, TicksHaveTheDigitsThatTheyNeed) {
  EXPECT_EQ(tick_text(0.25, 0.25), "0.25");
  EXPECT_EQ(tick_text(1, 0.25), "1.00");
  EXPECT_EQ(tick_text(-2, 1), "\u22122");
  EXPECT_EQ(tick_text(1e-17, 0.1), "0");
  EXPECT_EQ(tick_text(20000, 5000), "20000");
  EXPECT_EQ(tick_text(1e6, 5e5), "10⁶");
  EXPECT_EQ(tick_text(-2e-5, 1e-5), "\u22122·10⁻⁵");
  EXPECT_EQ(tick_text(0.0025), "0.0025");
  EXPECT_EQ(tick_text(33.333333), "33.33");
  EXPECT_EQ(tick_text(std::pow(10.0, -12)), "10⁻¹²");
  EXPECT_EQ(tick_text(0), "0");
}

// Equal ratios take equal room on a logarithmic scale, equal differences on a linear one.
TEST(Scale, PlacesAreProportional) {
  const Scale linear{.lo = -1, .hi = 3, .from = 100, .to = 300};
  EXPECT_DOUBLE_EQ(linear(1), 200);
  const Scale log{.lo = 1, .hi = 1e4, .from = 0, .to = 4, .logarithmic = true};
  EXPECT_NEAR(log(1e3), 3, 1e-12);
  EXPECT_TRUE(linear.can_show(-5));
  EXPECT_FALSE(log.can_show(0));
  EXPECT_FALSE(linear.can_show(std::nan("")));
}

}  // namespace
}  // namespace mho::core
