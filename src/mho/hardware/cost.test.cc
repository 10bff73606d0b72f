// A cost tree adds up, whatever is done to it; units and sources are checked where cards are read.

#include "mho/hardware/cost.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "mho/core/error.h"
#include "mho/hardware/pictures.h"
#include "mho/hardware/published.h"
#include "mho/hardware/technology.h"
#include "mho/hardware/tile.h"
#include "mho/hardware/units.h"

namespace mho::hardware {
namespace {

Cost tree() {
  const Source source = source_of("assumed: a test");
  Cost array = sum("array", {leaf("cells", 100, 1, {1e-15, 2e-9, 1e-14, 0}, source),
                             leaf("converters", 10, 4, {3e-12, 5e-9, 1e-10, 1e-9}, source)});
  return sum("tile",
             {repeated(std::move(array), 8, 3), leaf("bus", 1, 24, {1e-13, 1e-9, 1e-9, 1e-6}, source)});
}

TEST(Cost, TotalsAreSumsOfLeaves) {
  const Cost cost = tree();
  EXPECT_NEAR(cost.energy_j, 8 * 3 * (100 * 1e-15 + 40 * 3e-12) + 24 * 1e-13, 1e-22);
  EXPECT_NEAR(cost.latency_s, 3 * (2e-9 + 4 * 5e-9) + 24e-9, 1e-18);
  EXPECT_NEAR(cost.area_m2, 8 * (100 * 1e-14 + 10 * 1e-10) + 1e-9, 1e-20);
  for (double Cost::*number : {&Cost::energy_j, &Cost::latency_s, &Cost::area_m2, &Cost::leakage_w})
    EXPECT_NEAR(leaf_sum(cost, number) / (cost.*number), 1, 1e-14);
}

TEST(Cost, MergingAddsPartsByName) {
  Cost a = tree(), b = tree();
  b.parts.push_back(leaf("router", 1, 1, {7e-12, 0, 0, 0}, nullptr));
  b.energy_j += 7e-12;
  merge(a, b, Timing::parallel);
  EXPECT_NEAR(a.energy_j, 2 * tree().energy_j + 7e-12, 1e-22);
  EXPECT_NEAR(leaf_sum(a, &Cost::energy_j) / a.energy_j, 1, 1e-14);
  EXPECT_DOUBLE_EQ(a.latency_s, tree().latency_s);  // side by side
  Cost c = tree();
  merge(c, tree(), Timing::sequence);
  EXPECT_DOUBLE_EQ(c.latency_s, 2 * tree().latency_s);
}

TEST(Cost, JsonAndTableSayTheSame) {
  const nlohmann::json json = to_json(tree());
  double energy = 0;
  for (const auto& part : json["parts"]) energy += part["energy_j"].get<double>();
  EXPECT_NEAR(energy / json["energy_j"].get<double>(), 1, 1e-14);
  EXPECT_EQ(json["parts"][1]["source"], "assumed: a test");
  EXPECT_NE(table_of(tree()).find("converters"), std::string::npos);
}

TEST(Cost, PictureHasAllVisiblePartsAndEscapesNames) {
  Cost cost = tree();
  cost.parts[1].name = "a<b&c";
  const std::string svg = icicle(cost, &Cost::area_m2, "m2").inlined();
  EXPECT_NE(svg.find("converters"), std::string::npos);
  EXPECT_NE(svg.find("a&lt;b&amp;c"), std::string::npos);
  EXPECT_EQ(svg.find("a<b"), std::string::npos);
}

TEST(Units, AreReadAndWritten) {
  EXPECT_NEAR(parse_unit("fF/um")->si, 1e-9, 1e-24);
  EXPECT_NEAR(parse_unit("um2")->si, 1e-12, 1e-26);
  EXPECT_NEAR(parse_unit("mW/mm2")->si, 1e3, 1e-9);
  EXPECT_EQ(parse_unit("m")->dimension, parse_unit("nm")->dimension);
  EXPECT_NE(parse_unit("m")->dimension, parse_unit("ms")->dimension);
  EXPECT_EQ(parse_unit("V2/ohm")->dimension, parse_unit("W")->dimension);
  EXPECT_EQ(parse_unit("J/s")->dimension, parse_unit("V*A")->dimension);
  EXPECT_FALSE(parse_unit("furlong"));
  EXPECT_FALSE(parse_unit(""));
  EXPECT_EQ(engineering(4.2e-12, "J"), "4.2 pJ");
  EXPECT_EQ(engineering(384e-9, "s"), "384 ns");
  EXPECT_EQ(engineering(0, "J"), "0 J");
  EXPECT_EQ(readable_area(0.372e-6), "0.372 mm²");
}

std::string complaint_of_technology(const std::string& key, const std::string& value) {
  core::Config card = load_card("technologies", "14nm").with(key, value);
  read_technology(card);
  try {
    card.finish();
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

TEST(Cards, WrongConstantsAreRefusedWithTheReason) {
  const auto with = [](const char* value, const char* unit, const char* kind, const char* source) {
    return std::string("{ value = ") + value + ", unit = \"" + unit + "\", kind = \"" + kind +
           "\", source = \"" + source + "\" }";
  };
  EXPECT_EQ(complaint_of_technology("wire.capacitance", with("0.3", "fF/um", "assumed", "me")), "");
  EXPECT_NE(complaint_of_technology("wire.capacitance", with("0.3", "fF", "assumed", "me"))
                .find("unit of the kind of \"F/m\""),
            std::string::npos);
  EXPECT_NE(complaint_of_technology("wire.capacitance", with("-1", "fF/um", "assumed", "me")).find("above 0"),
            std::string::npos);
  EXPECT_NE(complaint_of_technology("wire.capacitance", with("0.3", "fF/um", "guessed", "me"))
                .find("must be one of"),
            std::string::npos);
  EXPECT_NE(complaint_of_technology("wire.capacitance", with("0.3", "fF/um", "assumed", ""))
                .find("where the value comes from"),
            std::string::npos);
  EXPECT_NE(complaint_of_technology("wire.capacitance", "0.3").find("must be a table"), std::string::npos);
  EXPECT_NE(complaint_of_technology("wire.inductance", "0.3").find("unknown key"), std::string::npos);
  core::Config empty = core::Config::from_text("name = 'x'", "empty.toml");
  read_tile(empty);
  EXPECT_THROW(empty.finish(), core::InvalidInput);
}

// Every card that ships can be read, and every constant on it has a source.
TEST(Cards, AllCanBeRead) {
  for (const auto& name : cards_in("technologies")) {
    core::Config card = load_card("technologies", name);
    EXPECT_EQ(read_technology(card).name, name);
    EXPECT_NO_THROW(card.finish()) << name;
  }
  for (const auto& name : cards_in("tiles")) {
    core::Config card = load_card("tiles", name);
    EXPECT_EQ(read_tile(card).name, name);
    EXPECT_NO_THROW(card.finish()) << name;
  }
}

TEST(Published, PictureNamesEveryAcceleratorAndTheDesign) {
  const auto published = load_comparison();
  EXPECT_GE(published.size(), 15U);
  const PublishedAccelerator own{.name = "this design",
                                 .kind = "analog",
                                 .process_nm = 14,
                                 .activation_bits = 8,
                                 .weight_bits = 8,
                                 .workload = "",
                                 .tops = 1,
                                 .tops_per_w = 40,
                                 .tops_per_mm2 = 0,
                                 .ops_per_mac = 2,
                                 .evidence = "simulated",
                                 .source = ""};
  const std::string svg = comparison_chart(published, {own}).inlined();
  for (const auto& a : published) EXPECT_NE(svg.find(">" + a.name + "</text>"), std::string::npos) << a.name;
  EXPECT_NE(svg.find("this design"), std::string::npos);
}

}  // namespace
}  // namespace mho::hardware
