// A user sees every mistake of a configuration at once, each with its place and what would be right.

#include "mho/core/config.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/core/key_facts.h"

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

TEST(Config, AnIndexThatIsNoneNamesNothing) {
  const auto config = Config::from_text("[[layer]]\nx = 1\n", "s.toml");
  for (const char* key : {"layer[].x", "layer[99999999999999999999].x", "layer[a].x"})
    EXPECT_THROW((void)config.with(key, "2"), InvalidInput) << key;
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

constexpr NumberKey kOhm{.name = "wires.row_ohm", .fallback = 2, .limits = above(0), .unit = "Ω"};
constexpr ChoiceKey<int> kKind{
    .name = "adc.kind", .fallback = 1, .words = {{"ideal", 0}, {"uniform", 1}}, .meaning = "converter"};

// A key says its default and limits once; the table reads what it says.
TEST(Config, AKeySaysItsDefaultAndLimits) {
  const auto config = Config::from_text("[wires]\nrow_ohm = 0\n[adc]\nkind = \"ideal\"", "c");
  EXPECT_EQ(config.root().table("wires").number(kOhm), 2);
  EXPECT_EQ(config.root().table("adc").choice(kKind), 0);
  EXPECT_EQ(Config::from_text("", "c").root().table("adc").choice(kKind), 1);
  EXPECT_EQ(config.resolved()["wires"]["row_ohm"], 2);
  EXPECT_EQ(complaint_of(config), "c:2: wires.row_ohm = 0: must be a number above 0");
}

TEST(Config, FactsOfAKeyAreWhatItSays) {
  const KeyFacts ohm = facts_of(kOhm), kind = facts_of(kKind);
  EXPECT_EQ(ohm.name, "wires.row_ohm");
  EXPECT_EQ(ohm.unit, "Ω");
  EXPECT_EQ(ohm.fallback, 2);
  EXPECT_EQ(ohm.allowed, nlohmann::json({{"min", 0.0}, {"above_min", true}}));
  EXPECT_EQ(kind.type, "word");
  EXPECT_EQ(kind.fallback, "uniform");
  EXPECT_EQ(kind.allowed, nlohmann::json({{"words", {"ideal", "uniform"}}}));
}

// What a document is without, no reader sees, and the resolved document does not show; complaints stay.
TEST(Config, KeysCanBeLeftOut) {
  const auto whole = Config::from_text(
      "[adc]\nbits = 6\nkind = \"ramp\"\n[wires]\nrow_ohm = 1\n[[layer]]\nadc.bits = 4\nadc.kind = \"sar\"",
      "c");
  whole.root().complain("wires", "too long");
  const auto config = whole.without({"adc.bits", "wires", "layer[0].adc.bits"});
  const auto root = config.root();
  EXPECT_EQ(root.table("adc").integer("bits", 8), 8);
  EXPECT_EQ(root.table("adc").text("kind", ""), "ramp");
  EXPECT_EQ(root.table("wires").number("row_ohm", 0), 0);
  root.tables("layer").at(0).keep("adc");
  EXPECT_EQ(config.resolved(),
            nlohmann::json({{"adc", {{"kind", "ramp"}}}, {"layer", {{{"adc", {{"kind", "sar"}}}}}}}));
  EXPECT_EQ(config.overlaid(config, "layer[0]", "").root().table("adc").text("kind", ""), "sar");
  EXPECT_EQ(whole.root().table("adc").integer("bits", 8), 6) << "another document";
  EXPECT_NE(complaint_of(config).find("wires = "), std::string::npos);
}

}  // namespace
}  // namespace mho::core
