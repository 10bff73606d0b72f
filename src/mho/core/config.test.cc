// A user sees every mistake of a configuration at once, each with its place and what would be right.

#include "mho/core/config.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"

namespace mho::core {
namespace {

std::string complaint_of(const Config& config) {
  try {
    config.finish();
  } catch (const InvalidInput& error) {
    return error.what();
  }
  return "";
}

TEST(Config, ReadsValuesAndFillsInDefaults) {
  const auto config = Config::from_text("[adc]\nbits = 6\n[device]\non_off_ratio = inf", "study.toml");
  EXPECT_EQ(config.root().table("adc").integer("bits", 8, 1, 16), 6);
  EXPECT_EQ(config.root().table("adc").word("kind", "uniform", {"ideal", "uniform"}), "uniform");
  EXPECT_TRUE(std::isinf(config.root().table("device").number("on_off_ratio", 10, above(1))));
  config.finish();
  EXPECT_EQ(config.resolved()["adc"]["bits"], 6);
  EXPECT_EQ(config.resolved()["adc"]["kind"], "uniform");
  EXPECT_EQ(config.resolved()["device"]["on_off_ratio"], "inf");
}

TEST(Config, ListsEveryMistakeWithItsPlace) {
  const auto config =
      Config::from_text("[adc]\nbits = 99\nkind = \"unifrom\"\nbitz = 3\n[wirez]\nx = 1", "study.toml");
  const auto adc = config.root().table("adc");
  EXPECT_EQ(adc.integer("bits", 8, 1, 16), 8);
  adc.word("kind", "uniform", {"ideal", "uniform"});
  config.root().table("wires");
  const std::string said = complaint_of(config);
  EXPECT_NE(said.find("study.toml:2: adc.bits = 99: must be a whole number of at least 1 and at most 16"),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("study.toml:3: adc.kind = 'unifrom': must be one of \"ideal\", \"uniform\"; did you "
                      "mean \"uniform\"?"),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("study.toml:4: adc.bitz: unknown key; did you mean \"bits\"?"), std::string::npos)
      << said;
  EXPECT_NE(said.find("study.toml:5: wirez: unknown key; did you mean \"wires\"?"), std::string::npos)
      << said;
}

TEST(Config, NotANumberIsNeverANumber) {
  const auto config = Config::from_text("x = nan", "c");
  EXPECT_EQ(config.root().number("x", 1.5), 1.5);
  EXPECT_NE(complaint_of(config).find("c:1: x = nan: must be a number"), std::string::npos);
}

TEST(Config, BrokenTextNamesLineAndColumn) {
  try {
    Config::from_text("a = 1\nb = = 2", "c.toml");
    FAIL();
  } catch (const InvalidInput& error) {
    EXPECT_EQ(std::string(error.what()).substr(0, 9), "c.toml:2:");
  }
}

TEST(Config, AValueCanBeSetByItsDottedName) {
  const auto config = Config::from_text("[adc]\nbits = 6", "c")
                          .with("adc.bits", "4")
                          .with("adc.kind", "ramp")
                          .with("wires.row_ohm", "2.5");
  EXPECT_EQ(config.root().table("adc").integer("bits", 8), 4);
  EXPECT_EQ(config.root().table("adc").text("kind", ""), "ramp");
  EXPECT_EQ(config.root().table("wires").number("row_ohm", 0), 2.5);
  config.finish();
}

TEST(Config, LayersLayTheirKeysOverTheStudy) {
  const auto study = Config::from_text(
      "[adc]\nbits = 8\nkind = \"ramp\"\n[[layer]]\nmatch = \"a\"\n[[layer]]\nmatch = \"fc*\"\nadc.bits = 10",
      "c");
  const auto layer = study.overlaid(study, "layer[1]", "", {"match"});
  EXPECT_EQ(layer.root().table("adc").integer("bits", 1), 10);
  EXPECT_EQ(layer.root().table("adc").text("kind", ""), "ramp");
  EXPECT_EQ(study.root().table("adc").integer("bits", 1), 8);
  EXPECT_EQ(study.root().tables("layer").at(1).text("match", ""), "fc*");
}

TEST(Config, OverridesKeepTheirOwnFileInComplaints) {
  const auto card = Config::from_text("g_on_s = 1e-4\n", "card.toml");
  const auto study = Config::from_text("\n[device]\ng_on_s = -1", "study.toml");
  const auto merged = card.overlaid(study, "device", "");
  merged.root().number("g_on_s", 1, above(0));
  EXPECT_NE(complaint_of(merged).find("study.toml:3: g_on_s = -1"), std::string::npos);
}

}  // namespace
}  // namespace mho::core
