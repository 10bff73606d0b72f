// The page of a result shows its cost from the document alone, and nothing where it has none.

#include "mho/report/cost_section.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/hardware/network_card.h"
#include "mho/hardware/report.h"

namespace mho::report {
namespace {

using json = nlohmann::ordered_json;

json cost() {
  const auto design = hardware::load_design("reram", 1024, 1024, {});
  return json::parse(hardware::cost_json(design, hardware::load_network_card("alexnet").layers).dump());
}

TEST(CostSection, ShowsFiguresLossesAndPictures) {
  for (const json& document :
       {json{{"cost", cost()}}, json{{"points", json::array({json{{"cost", cost()}}})}}}) {
    const std::string html = cost_section(document);
    EXPECT_NE(html.find("What it costs"), std::string::npos);
    EXPECT_NE(html.find("arrays as the layers fill them"), std::string::npos);
    EXPECT_NE(html.find("converters"), std::string::npos);
    EXPECT_NE(html.find("this design"), std::string::npos);
  }
}

// Of a study of the cost alone: its chip, or its array where it has no network, and every design of a sweep.
TEST(CostSection, ShowsResultsThatAreCosts) {
  json chip = cost(), tile = cost();
  tile.erase("chip");
  tile["task"] = chip["task"] = "cost";
  EXPECT_NE(cost_section(chip).find("an image"), std::string::npos);
  EXPECT_EQ(cost_section(tile).find("an image"), std::string::npos);
  EXPECT_NE(cost_section(tile).find("<td>opu</td>"), std::string::npos);
  chip["values"] = {{"adc.bits", 4}};
  tile["values"] = {{"adc.bits", 8}};
  const std::string both = cost_section(json{{"task", "cost"}, {"points", {chip, tile}}});
  EXPECT_NE(both.find("<td>adc.bits = 4</td>"), std::string::npos);
  EXPECT_NE(both.find("<td>adc.bits = 8</td>"), std::string::npos);
  EXPECT_NE(both.find("What it costs"), std::string::npos);
  EXPECT_THROW(cost_section(json{{"task", "cost"}}), core::InvalidInput);
  EXPECT_EQ(cost_section(json{{"task", "cost"}, {"interrupted", true}}), "");
}

TEST(CostSection, IsEmptyWithoutACostAndRefusesDamage) {
  EXPECT_EQ(cost_section(json::object()), "");
  EXPECT_EQ(cost_section(json{{"cost", json::object()}}), "");
  EXPECT_THROW(cost_section(json{{"cost", {{"chip", json::object()}}}}), core::InvalidInput);
}

}  // namespace
}  // namespace mho::report
