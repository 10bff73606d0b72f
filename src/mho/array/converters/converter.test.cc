// Converters: ideal ones round to the nearest level; loss, mismatch and offsets do to them what circuits do.

#include "mho/array/converters/converter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

namespace mho::array {
namespace {

core::RandomKey key(std::uint32_t array) {
  return core::random_key({.purpose = "converter", .array = array});
}

Converters structured(AdcKind kind, int bits, double gain_db = std::numeric_limits<double>::infinity(),
                      double capacitor = 0, double comparator = 0, std::uint32_t array = 0) {
  Adc adc;
  adc.kind = kind;
  adc.bits = bits;
  adc.gain_db = gain_db;
  adc.sigma_capacitor = capacitor;
  adc.sigma_comparator = comparator;
  return make_converters(adc, {-3, 3}, 16, key(array));
}

constexpr AdcKind kStructured[] = {AdcKind::ramp, AdcKind::sar, AdcKind::pipeline, AdcKind::cyclic};

// Every structured converter with perfect parts is the same: 2^bits levels at odd multiples of half a step,
// the nearest is answered.
TEST(Converter, PerfectPartsRoundToTheNearestLevel) {
  for (const AdcKind kind : kStructured) {
    for (const int bits : {1, 2, 5, 8}) {
      const Converters c = structured(kind, bits);
      const double step = 6 / std::ldexp(1.0, bits);
      for (double current = -3.49; current < 3.5; current += 0.0171) {
        const double answer = convert(c, 0, current);
        EXPECT_LE(std::abs(answer - std::clamp(current, -3.0, 3.0)), step / 2 + 1e-9)
            << int(kind) << " " << bits;
        const double level = (answer + 3) / step - 0.5;
        EXPECT_NEAR(level, std::nearbyint(level), 1e-9);
      }
    }
  }
}

// An amplifier of gain A loses about 1/A of every level: the full-scale error grows as 1/A.
TEST(Converter, FiniteGainLosesLevels) {
  for (const AdcKind kind : kStructured) {
    const auto worst = [&](double gain_db) {
      const Converters c = structured(kind, 10, gain_db);
      double error = 0;
      for (double current = -2.99; current < 2.99; current += 0.013) {
        error = std::max(error, std::abs(convert(c, 0, current) - current));
      }
      return error;
    };
    const double step = 6.0 / 1024;
    EXPECT_LT(worst(120), step / 2 * 1.01) << int(kind);
    // 40 dB: A = 100. One stage divides by 1 + 1/A (SAR), 1 + 2/A at full scale (ramp); a pipeline's stages
    // add up to more.
    EXPECT_GT(worst(40), 2.9 * 0.01) << int(kind);
    EXPECT_LT(worst(40), 2.99 * 0.08) << int(kind);
  }
}

// The staircase of a converter is the converter: with and without spread, for every column.
TEST(Converter, StaircaseIsTheConverter) {
  for (const AdcKind kind : kStructured) {
    for (const double sigma : {0.0, 0.03}) {
      const Converters c = structured(kind, 6, 50, sigma, sigma / 2, 5);
      for (const std::size_t column : {0, 7, 8, 15}) {
        const Staircase stairs = staircase(c, column);
        ASSERT_EQ(stairs.values.size(), stairs.thresholds.size() + 1);
        EXPECT_TRUE(std::is_sorted(stairs.thresholds.begin(), stairs.thresholds.end()));
        for (double current = -3.2; current < 3.2; current += 0.00317) {
          const auto passed = std::lower_bound(stairs.thresholds.begin(), stairs.thresholds.end(),
                                               static_cast<float>(current));
          const bool on_the_edge = std::any_of(stairs.thresholds.begin(), stairs.thresholds.end(),
                                               [&](float t) { return std::abs(t - current) < 1e-6; });
          if (on_the_edge) continue;
          EXPECT_EQ(stairs.values[passed - stairs.thresholds.begin()],
                    static_cast<float>(convert(c, column, current)))
              << int(kind) << " at " << current << " column " << column;
        }
      }
    }
  }
}

// Converters of different groups are drawn independently; columns of a group share one.
TEST(Converter, GroupsHaveTheirOwnParts) {
  for (const AdcKind kind : {AdcKind::sar, AdcKind::pipeline, AdcKind::cyclic}) {
    const Converters c = structured(kind, 8, 100, 0.05, 0.01);
    ASSERT_EQ(c.group_columns, 8u);
    bool differs = false;
    for (double current = -2.9; current < 2.9; current += 0.05) {
      EXPECT_EQ(convert(c, 0, current), convert(c, 7, current));
      differs = differs || convert(c, 7, current) != convert(c, 8, current);
    }
    EXPECT_TRUE(differs) << int(kind);
  }
  // A ramp is one for all columns; comparators are each column's own.
  const Converters ramp = structured(AdcKind::ramp, 8, 100, 0.05, 0.01);
  EXPECT_EQ(std::set<double>(ramp.ramp_offsets.begin(), ramp.ramp_offsets.end()).size(), 16u);
}

// A comparator's offset has the standard deviation that was asked for, in units of the full scale V.
TEST(Converter, ComparatorOffsetsHaveTheirSpread) {
  double sum = 0;
  const int n = 400;
  for (int array = 0; array < n; ++array) {
    const Converters c = structured(AdcKind::sar, 4, 100, 0, 0.02, array);
    for (const SarConverter& s : c.sar) sum += s.offset * s.offset / (2.0 * n);
  }
  EXPECT_NEAR(std::sqrt(sum), 0.02 * 3, 0.06 * 4 / std::sqrt(2 * 2 * n));
}

// Zero is a level of a sign-magnitude converter, never of a uniform one with a symmetric range.
TEST(Converter, OnlySignMagnitudeKnowsZero) {
  Adc adc;
  adc.bits = 4;
  adc.kind = AdcKind::sign_magnitude;
  EXPECT_EQ(convert(make_converters(adc, {-7, 7}, 1, key(0)), 0, 0.4), 0);
  EXPECT_EQ(convert(make_converters(adc, {-7, 7}, 1, key(0)), 0, -9), -7);
  adc.kind = AdcKind::uniform;
  EXPECT_NEAR(convert(make_converters(adc, {-7.5, 7.5}, 1, key(0)), 0, 0.4), 0.5, 1e-12);
  EXPECT_NEAR(convert(make_converters(adc, {-7.5, 7.5}, 1, key(0)), 0, 0), 0.5,
              1e-12);  // halves to even codes
}

}  // namespace
}  // namespace mho::array
