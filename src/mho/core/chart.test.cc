#include "mho/core/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace mho::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Chart, TicksAreRoundNumbersInside) {
  EXPECT_THAT(ticks(0, 10, false), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(ticks(-0.31, 0.29, false), testing::SizeIs(testing::AllOf(testing::Ge(4u), testing::Le(8u))));
  EXPECT_THAT(ticks(1, 1e4, true), ElementsAre(1, 10, 100, 1000, 1e4));
  EXPECT_THAT(ticks(1, 10, true), ElementsAre(1, 2, 5, 10));
  EXPECT_LE(ticks(1e-12, 1e12, true).size(), 8u);
}

// A point at the end of both axes lies in the corner; what cannot be drawn is left out, not drawn wrongly.
TEST(Chart, PointsLieWhereTheAxesSay) {
  const Chart chart{.title = "a < b",
                    .note = "",
                    .x = {"x", false, 0, 1},
                    .y = {"y", true, 1, 100},
                    .series = {{.label = "s",
                                .kind = Series::Kind::points,
                                .x = {1, 0.5, 0.2},
                                .y = {100, -1, NAN},
                                .y_high = {}}}};
  const std::string text = svg({chart}, 720);
  EXPECT_THAT(text, HasSubstr("<circle cx=\"696.0\" cy=\"64.0\""));
  EXPECT_EQ(text.find("<circle"), text.rfind("<circle"));
  EXPECT_THAT(text, HasSubstr("a &lt; b"));
  EXPECT_EQ(text.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace mho::core
