#include "mho/core/picture/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <regex>

namespace mho::core {
namespace {

using testing::HasSubstr;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

// A point at the end of both axes lies in the corner; what cannot be drawn is left out, not drawn wrongly.
TEST(Chart, PointsLieWhereTheAxesSay) {
  const Chart chart{
      .title = "a < b",
      .note = "",
      .x = {"x", false, 0, 1},
      .y = {"y", true, 1, 100},
      .series = {{.name = "", .points = {{1, 100}, {0.5, -1}, {0.2, kNaN}}, .kind = Series::Kind::points}}};
  const std::string text = picture_of({chart}, 720).file();
  EXPECT_THAT(text, HasSubstr("<circle cx=\"696\" cy=\"64\""));
  EXPECT_EQ(count(text, "<circle"), 1U);
  EXPECT_THAT(text, HasSubstr("a &lt; b"));
  EXPECT_EQ(text.find("nan"), std::string::npos);
}

// A gap in the data is a gap in the line; a band goes along its one edge and back along the other.
TEST(Chart, LinesBreakAtGapsAndBandsClose) {
  const Chart chart{.title = "t",
                    .note = "",
                    .x = {"", false, 0, 10},
                    .y = {"", false, 0, 10},
                    .series = {{.name = "", .points = {{0, 0}, {1, 1}, {2, kNaN}, {3, 3}, {4, 4}}},
                               {.name = "",
                                .colour = 3,
                                .points = {{0, 0}, {10, 0}},
                                .kind = Series::Kind::band,
                                .edge = {{0, 10}, {10, 10}}}}};
  const std::string text = picture_of({chart}, 720).inlined();
  EXPECT_EQ(count(text, "class=\"curve s0\""), 2U);
  EXPECT_THAT(text, HasSubstr("<path d=\"M78 318L696 318L696 64L78 64Z\" class=\"band s3\"/>"));
}

// The legend lies where no point does, and has every name once.
TEST(Chart, LegendKeepsClearOfTheData) {
  const auto legend_x = [](std::vector<Point> points) {
    const Chart chart{.title = "",
                      .note = "",
                      .x = {"", false, 0, 1},
                      .y = {"", false, 0, 1},
                      .series = {{.name = "a", .points = std::move(points), .kind = Series::Kind::points}}};
    const std::string text = picture_of({chart}, 720).inlined();
    std::smatch found;
    EXPECT_TRUE(std::regex_search(
        text, found,
        std::regex("<rect x=\"([0-9.]+)\" y=\"([0-9.]+)\" width=\"[0-9.]+\" height=\"30\" rx=\"4\"")));
    return std::pair{std::stod(found[1]) < 300, std::stod(found[2]) < 200};  // left, top
  };
  EXPECT_EQ(legend_x({{0, 0}, {0.01, 0.95}}), (std::pair{false, true}));
  EXPECT_EQ(legend_x({{0.97, 0.95}}), (std::pair{true, true}));
  EXPECT_EQ(legend_x({{0.97, 0.95}, {0.03, 0.95}}), (std::pair{true, false}));
}

// Each chart has its own clipping region and stands below the one before.
TEST(Chart, ChartsStandBelowEachOther) {
  const Chart chart{.title = "one", .note = "", .x = {"x"}, .y = {"y"}, .series = {}};
  const Svg svg = picture_of({chart, chart});
  EXPECT_EQ(svg.height(), 760);
  EXPECT_EQ(count(svg.inlined(), "clip-path=\"url(#clip1)\""), 1U);
  EXPECT_EQ(count(svg.inlined(), "class=\"title\""), 2U);
}

}  // namespace
}  // namespace mho::core
