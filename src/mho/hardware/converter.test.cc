// Converters follow their formulas, and their sources disagree.

#include "mho/hardware/converter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mho/core/error.h"
#include "mho/hardware/converter_table.h"

namespace mho::hardware {
namespace {

Technology technology(const char* name) {
  core::Config card = load_card("technologies", name);
  Technology t = read_technology(card);
  card.finish();
  return t;
}

double energy(const char* converter, const char* node, int bits, double drive_s = 0, double supply = 0) {
  return convert(load_converter(converter), technology(node),
                 {.bits = bits, .drive_s = drive_s, .supply_v = supply})
      .energy_j;
}

TEST(Converters, RampDoublesWithEveryBit) {
  for (int bits = 1; bits < 12; ++bits)
    EXPECT_DOUBLE_EQ(energy("ramp", "14nm", bits + 1), 2 * energy("ramp", "14nm", bits));
}

TEST(Converters, FlashHasAComparatorALevel) {
  EXPECT_NEAR(energy("flash", "14nm", 6) / energy("flash", "14nm", 3), 63.0 / 7, 1e-12);
}

// (100 fF·8 + 1 aF·4^8)·0.81 V² (ZigZag-IMC's formula).
TEST(Converters, SarFromCapacitances) {
  EXPECT_NEAR(energy("sar", "32nm", 8), (100e-15 * 8 + 1e-18 * 65536) * 0.81, 1e-18);
}

// Two points that the regression of the survey gives elsewhere: 1.93 pJ for 8 bits at 32 nm and 1.28 GS/s,
// 0.36 pJ and 606 µm² at 14 nm and 3.9 MS/s.
TEST(Converters, SurveyRegression) {
  EXPECT_NEAR(energy("survey-1GSs", "32nm", 8) * 1e12, 1.93, 0.01);
  const Each slow = convert(load_converter("survey"), technology("14nm"), {.bits = 8});
  EXPECT_NEAR(slow.energy_j * 1e12, 0.36, 0.01);
  EXPECT_NEAR(slow.area_m2 * 1e12, 606, 10);
}

TEST(Converters, PublishedTablesAreMetAndInterpolated) {
  EXPECT_NEAR(energy("isaac", "32nm", 8), 1.667e-12, 1e-18);
  EXPECT_NEAR(energy("isaac", "32nm", 4), 0.79e-12, 1e-18);
  EXPECT_GT(energy("isaac", "32nm", 10), energy("isaac", "32nm", 9));
  EXPECT_LT(energy("isaac", "32nm", 3), energy("isaac", "32nm", 4));
}

TEST(Converters, OscillatorsCountAsLongAsTheArrayIsDriven) {
  const double step = 5e-9;
  EXPECT_NEAR(energy("hermes", "14nm", 8, 4 * 128e-9) / energy("hermes", "14nm", 8, 128e-9),
              (512e-9 + step) / (128e-9 + step), 1e-9);
}

TEST(Converters, EnergyGoesWithTheSquareOfTheSupply) {
  EXPECT_NEAR(energy("jia-sar", "65nm", 8, 0, 0.6) / energy("jia-sar", "65nm", 8, 0, 1.2), 0.25, 1e-12);
}

// Every model: more bits never cost less energy or time.
TEST(Converters, AreMonotonicInBits) {
  const Technology t = technology("14nm");
  for (const auto& name : cards_in("converters")) {
    const Converter converter = load_converter(name);
    Each last;
    for (int bits = converter.min_bits; bits <= converter.max_bits; ++bits) {
      const Each each = convert(converter, t, {.bits = bits, .drive_s = 128e-9});
      EXPECT_GE(each.energy_j, last.energy_j) << name << " " << bits;
      EXPECT_GE(each.latency_s, last.latency_s) << name << " " << bits;
      last = each;
    }
  }
}

// Two tools' 8-bit converter at 14 nm: 51 fJ (DNN+NeuroSim's SAR) and 9.2 pJ (the ramp behind the tile
// table).
TEST(Converters, SourcesDisagreeTwoHundredfold) {
  const auto rows = converters_at(8, technology("14nm"));
  const auto of = [&](const char* name) {
    return std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; })
        ->each.energy_j;
  };
  EXPECT_NEAR(of("ramp") / of("sar-neurosim-14nm"), 190, 20);
  EXPECT_GT(rows.back().each.energy_j / rows.front().each.energy_j, 200);
  EXPECT_NE(text_of(rows, 8, "14nm").find("sar-neurosim-14nm"), std::string::npos);
}

TEST(Converters, WrongCardsAreRefused) {
  const auto complaint = [](const char* text) -> std::string {
    core::Config card = core::Config::from_text(text, "card.toml");
    read_converter(card);
    try {
      card.finish();
    } catch (const core::InvalidInput& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(complaint("model = 'ramp'\nsource = 's'"), "");
  EXPECT_NE(complaint("model = 'flash'\nsource = 's'").find("energy: is missing"), std::string::npos);
  EXPECT_NE(complaint("model = 'ramp'").find("source"), std::string::npos);
  EXPECT_NE(
      complaint("model = 'table'\nsource = 's'\ntable_bits = [8, 4]\ntable_pj = [1]").find("one energy"),
      std::string::npos);
}

}  // namespace
}  // namespace mho::hardware
