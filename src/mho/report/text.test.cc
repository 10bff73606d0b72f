// Numbers read as people write them, and columns of a table stand under each other.

#include "mho/report/text.h"

#include <gtest/gtest.h>

#include <sstream>

namespace mho::report {
namespace {

TEST(Text, NumbersAsPeopleWriteThem) {
  EXPECT_EQ(percent(0.97492), "97.49");
  EXPECT_EQ(with_thousands(61622), "61,622");
  EXPECT_EQ(with_thousands(622), "622");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
  EXPECT_EQ(quantity_text(4.2e-12, "J"), "4.2 pJ");
  EXPECT_EQ(quantity_text(1.5e4, "OPS"), "15 kOPS");
  EXPECT_EQ(seconds_text(0.42), "0.42 s");
  EXPECT_EQ(seconds_text(200), "3 min 20 s");
  EXPECT_EQ(metric_text("top1", Metric{0.97, 0.01, 0.965, 0.975, {}}), "97.00 ± 0.50");
  EXPECT_EQ(metric_text("top1", Metric{0.97, {}, {}, {}, {}}), "97.00");
}

TEST(Text, FiguresStandUnderFigures) {
  const auto table =
      aligned({{"", "top-1, %", "n"}, {"float", "97.49", ""}, {"pcm", "9.20 ± 0.15", "10"}}, "");
  std::istringstream lines(table);
  std::string title, rule, first, second;
  std::getline(lines, title);
  std::getline(lines, rule);
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_EQ(first.find('.'), second.find('.')) << table;
}

TEST(Text, ComparisonSaysHowFarEachDeviceLiesBelowFloat) {
  ResultRow row;
  row.label = "taox";
  row.trials = 10;
  row.plain = {{"top1", 0.97}, {"top5", 0.99}};
  row.digital = {{"top1", 0.965}, {"top5", 0.99}};
  row.analog["top1"] = {0.95, 0.01, 0.94, 0.96, {}};
  const auto said = comparison_text({row});
  EXPECT_NE(said.find("95.00 ± 1.00"), std::string::npos) << said;
  EXPECT_NE(said.find("2.00"), std::string::npos) << said;
  EXPECT_NE(said.find("0.50"), std::string::npos) << said;
}

}  // namespace
}  // namespace mho::report
