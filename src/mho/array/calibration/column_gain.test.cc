// Gains of outputs: an amplified column answers as if its converter had a range of its own.

#include "mho/array/calibration/column_gain.h"
#include "mho/array/reading/product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "mho/array/calibration/calibration.h"
#include "mho/core/config.h"
#include "mho/core/error.h"
#include "mho/core/isa.h"
#include "random_matrix.h"

namespace mho::array {
namespace {

using tests::random_matrix;

class KeepsIsa {
 public:
  ~KeepsIsa() { core::use_isa(before_); }

 private:
  core::Isa before_ = core::current_isa();
};

class EverySchemeAndConverter : public testing::TestWithParam<std::tuple<Scheme, AdcKind>> {};

// Gains that are powers of two change no rounding, so that the answers are the same but for the order of
// sums.
TEST_P(EverySchemeAndConverter, AnAmplifiedColumnHasARangeOfItsOwn) {
  const KeepsIsa keeps;
  constexpr std::size_t kOut = 5, kIn = 30, kVectors = 7;
  const auto w = random_matrix(kOut, kIn, "weights");
  const auto x = random_matrix(kVectors, kIn, "inputs");
  Settings s;
  s.array.rows = 16;
  std::tie(s.mapping.scheme, s.adc.kind) = GetParam();
  s.mapping.weight_range = {.kind = WeightRange::Kind::value, .value = 1};
  s.input.slice_bits = 4;
  for (const bool limited : {false, true}) {
    s.array.column_current_limit = limited ? 3 : 0;
    Ranges amplified{.input = 1, .input_signed = true, .adc = {{-8.037, 8.037}}};
    amplified.gain = {1, 4, 0.5, 2, 8};
    for (const core::Isa isa : core::available_isas()) {
      core::use_isa(isa);
      core::Matrix<float> all(kVectors, kOut), alone(kVectors, 1);
      Tally tally_of_all, tally;
      vmm(*make_product(program(w.view(), s, amplified, {})), x.view(), all.view(), &tally_of_all);
      for (std::size_t j = 0; j < kOut; ++j) {
        const double hi = 8.037 / amplified.gain[j];
        const Ranges own{.input = 1, .input_signed = true, .adc = {{-hi, hi}}};
        vmm(*make_product(program(w.view().block(j, 0, 1, kIn), s, own, {})), x.view(), alone.view(), &tally);
        for (std::size_t v = 0; v < kVectors; ++v)
          EXPECT_NEAR(all(v, j), alone(v, 0), 2e-5) << core::name(isa) << ", output " << j;
      }
      EXPECT_EQ(tally_of_all.clipped, tally.clipped);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, EverySchemeAndConverter,
    testing::Combine(testing::Values(Scheme::differential, Scheme::differential_two_sided, Scheme::offset),
                     testing::Values(AdcKind::uniform, AdcKind::sign_magnitude, AdcKind::ramp)));

// Against quantiles of all numbers, sorted.
TEST(ColumnGain, CurrentsOfEveryOutputFillTheRange) {
  constexpr std::size_t kVectors = 4000, kOut = 3;
  const auto currents = random_matrix(kVectors, kOut + 1, "currents");  // the first column is a unit column
  CurrentsOfOutputs of_outputs(1, 10);
  for (std::size_t v = 0; v < kVectors; ++v) {
    std::vector<float> seen(currents.row(v).begin(), currents.row(v).end());
    for (std::size_t j = 1; j <= kOut; ++j) seen[j] = std::ldexp(seen[j] + 0.3f, static_cast<int>(j));
    of_outputs.add({.slice = 0, .unit = 1, .first = 2, .currents = seen}, 5);
  }
  for (const Interval range : {Interval{-5, 5}, Interval{-1, 5}, Interval{0, 5}}) {
    const auto gains = of_outputs.gains(std::span(&range, 1), 99, kVectors / 2);
    EXPECT_EQ(of_outputs.gains(std::span(&range, 1), 99, kVectors + 1), std::vector<float>(10, 1.0f));
    ASSERT_EQ(gains.size(), 10U);
    for (const std::size_t output : {0, 1, 6}) EXPECT_EQ(gains[output], 1) << "nothing flowed";
    for (std::size_t j = 1; j <= kOut; ++j) {
      std::size_t beyond = 0, touching = 0;
      for (std::size_t v = 0; v < kVectors; ++v) {
        const double amplified = gains[6 + j] * std::ldexp(currents(v, j) + 0.3f, static_cast<int>(j));
        const auto outside = [&](double slack) {
          return amplified > range.hi * slack || (range.lo < 0 && amplified < range.lo * slack);
        };
        beyond += outside(1.07);
        touching += outside(0.93);
      }
      EXPECT_LE(beyond, kVectors / 50) << "at most 1 % at either end";
      EXPECT_GE(touching, kVectors / 100) << "no room is left";
    }
  }
}

TEST(ColumnGain, SilentOutputsHaveNoneAndRareOnesTheirOwn) {
  CurrentsOfOutputs of_outputs(1, 3);
  for (int v = 0; v < 10000; ++v) {  // silent; a residue of arithmetic; 4 once in a thousand times
    const std::vector<float> seen{0.0f, 1e-6f, v % 1000 == 0 ? 4.0f : 0.0f};
    of_outputs.add({.slice = 0, .unit = 0, .first = 0, .currents = seen}, 0);
  }
  const Interval range{-8, 8};
  const auto gains = of_outputs.gains(std::span(&range, 1), 99, 5);
  EXPECT_EQ(gains[0], 1);
  EXPECT_EQ(gains[1], 1);
  EXPECT_NEAR(gains[2], 2, 0.15);
  EXPECT_EQ(of_outputs.gains(std::span(&range, 1), 99, 11)[2], 1) << "ten numbers are not eleven";
}

TEST(ColumnGain, IsOnlyForCalibratedRanges) {
  auto study = core::Config::from_text(
      "[device]\ncard = \"ideal\"\n[adc]\nrange = \"max\"\nrange_per = \"column\"", "s.toml");
  read_settings(study);
  EXPECT_THROW(study.finish(), core::InvalidInput);
}

TEST(ColumnGain, EveryOutputHasOneOrNone) {
  const auto matrix = program(random_matrix(3, 4, "weights").view(), {}, {}, {});
  EXPECT_THROW(make_product(matrix, {}, Direction::forward, Ranges{.adc = {{-1, 1}}, .gain = {1, 1}}),
               core::InvalidInput);
}

}  // namespace
}  // namespace mho::array
