// Published chips come out of one set of constants each: parts that roll up, bits, phases, supplies and data.
// Bounds are what the models reach; every point prints its error.

#include "mho/hardware/validation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "mho/core/error.h"
#include "mho/hardware/chip.h"
#include "mho/hardware/network_card.h"

namespace mho::hardware {
namespace {

Validation shown(const char* card) {
  Validation v = load_validation(card);
  std::puts(text_of(v).c_str());
  EXPECT_FALSE(v.comparisons.empty());
  return v;
}

TEST(Validation, IsaacRollsUpFromItsParts) {
  const Validation isaac = shown("isaac");
  for (const auto& c : isaac.comparisons) EXPECT_NEAR(c.error(), 0, 0.01) << c.point << " " << c.quantity;
  EXPECT_EQ(isaac.comparisons.size(), 9U);
  EXPECT_NEAR(leaf_sum(isaac.rollup, &Cost::energy_j) / isaac.rollup.energy_j, 1, 1e-12);
  // More than half of a tile's power converts: the converters decide.
  const Cost* tile = find_part(isaac.rollup, "tile");
  EXPECT_NEAR(find_part(isaac.rollup, "ADC")->energy_j / tile->energy_j, 0.58, 0.01);
}

// The 24 numbers of the tile table. It nearly saturates the fit: what no constant was chosen for are the read
// and update times of ReRAM and the ratios of the digital times.
TEST(Validation, TileTable) {
  const Validation table = shown("tile-table");
  EXPECT_EQ(table.comparisons.size(), 24U);
  for (const auto& c : table.comparisons) EXPECT_NEAR(c.error(), 0, 0.05) << c.point << " " << c.quantity;
}

// Step times and energies, capacitances and voltages as published; nothing fitted.
TEST(Validation, NeuRramAgainstItsBits) {
  int points = 0;
  for (const auto& c : shown("neurram").comparisons) {
    EXPECT_FALSE(c.fitted);
    if (c.quantity == "throughput") {
      EXPECT_NEAR(c.error(), 0, 0.065) << c.point;
    }
    if (c.quantity == "efficiency") {
      EXPECT_NEAR(c.error(), 0, 0.12) << c.point;
    }
    if (c.quantity == "lines a column") {
      EXPECT_NEAR(c.error(), 0, 0.11) << c.point;
    }
    points += c.quantity == "efficiency";
  }
  EXPECT_EQ(points, 6);
}

// Two constants for five numbers: one core's converters, and links and digital units of the chip.
TEST(Validation, HermesCoreAndChip) {
  int fitted = 0, predicted = 0;
  for (const auto& c : shown("hermes").comparisons) {
    EXPECT_NEAR(c.error(), 0, 0.03) << c.point << " " << c.quantity;
    ++(c.fitted ? fitted : predicted);
  }
  EXPECT_EQ(fitted, 2);
  EXPECT_EQ(predicted, 3);
}

TEST(Validation, ChargeDomainSramAtTwoSupplies) {
  for (const auto& c : shown("jia-2020").comparisons)
    EXPECT_NEAR(c.error(), 0, 0.06) << c.point << " " << c.quantity;
}

// Energy against data and supply. At 1.0 V the published table and figure disagree with each other (189.3
// TOPS/W are 10.8 pJ, the figure has 13.1 pJ): no model can follow both.
TEST(Validation, SramMacroAgainstDataAndSupply) {
  EXPECT_GT(13.125 / (2 * 64 * 16 / 189.3), 1.2);
  for (const auto& c : shown("sinangil-2021").comparisons) {
    const bool table_at_1v = c.quantity == "efficiency" && c.point.starts_with("1.00");
    EXPECT_NEAR(c.error(), 0, table_at_1v ? 0.35 : 0.08) << c.point << " " << c.quantity;
  }
}

// Constants assumed or scaled from 14 nm. What is lost from the peak to ResNet-50 is lost first in arrays
// that its small layers don't fill (rows that share a conversion), then in buffers.
TEST(Validation, SonosEngineFromPeakToResNet) {
  const Validation sonos = shown("sonos-engine");
  ASSERT_EQ(sonos.comparisons.size(), 3U);
  for (const auto& c : sonos.comparisons) {
    EXPECT_FALSE(c.fitted);
    EXPECT_NEAR(c.error(), 0, 0.25) << c.point;
  }
  EXPECT_GT(sonos.comparisons[0].model, sonos.comparisons[1].model);
  EXPECT_GT(sonos.comparisons[1].model, sonos.comparisons[2].model);

  const Design design =
      load_design("sonos-40nm", 1152, 256, {.input_signed = false, .convert_every_slice = false});
  const ChipCost chip = chip_cost(design, load_network_card("resnet50").layers);
  std::puts("ResNet-50 on the SONOS engine");
  for (const auto& loss : chip.losses)
    std::printf("  %-34s %6.1f TOPS/W\n", loss.what.c_str(), loss.tops_per_w);
  const auto factor = [&](std::size_t i) {
    return chip.losses[i - 1].tops_per_w / chip.losses[i].tops_per_w;
  };
  for (std::size_t i = 2; i < chip.losses.size(); ++i) EXPECT_GT(factor(1), factor(i)) << chip.losses[i].what;
  for (std::size_t i = 3; i < chip.losses.size(); ++i) EXPECT_GT(factor(2), factor(i)) << chip.losses[i].what;
}

TEST(Validation, WrongCardsAreRefused) {
  const auto complaint = [](const char* text) -> std::string {
    core::Config card = core::Config::from_text(text, "card.toml");
    validate(card);
    try {
      card.finish();
    } catch (const core::InvalidInput& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(complaint("tile = 'reram'").find("source"), std::string::npos);
  EXPECT_NE(complaint("source = 's'\ntile = 'rerm'\n[[point]]").find("did you mean \"reram\""),
            std::string::npos);
  EXPECT_NE(complaint("source = 's'\ntile = 'reram'\n[[point]]\noutput_bits = 20").find("at most 12"),
            std::string::npos);
  EXPECT_NE(complaint("source = 's'\ntile = 'reram'\n[[point]]\nparts_pj = {wings = 1}").find("no part"),
            std::string::npos);
}

}  // namespace
}  // namespace mho::hardware
