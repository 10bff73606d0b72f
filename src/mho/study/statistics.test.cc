// Confidence intervals are what Student's t says they are, and they cover the truth as often as they claim.

#include "mho/study/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mho/core/error.h"
#include "mho/core/random.h"

namespace mho::study {
namespace {

TEST(Statistics, QuantilesOfStudentsTAreThoseOfItsTables) {
  // t(0.975, ν): 1 and 2 in closed form, tan(0.475π) and sqrt(2)·0.95/sqrt(1-0.95²); the others from
  // Abramowitz and Stegun, table 26.10.
  EXPECT_NEAR(student_t_quantile(0.975, 1), std::tan(0.475 * std::acos(-1.0)), 1e-8);
  EXPECT_NEAR(student_t_quantile(0.975, 2), std::sqrt(2.0) * 0.95 / std::sqrt(1 - 0.95 * 0.95), 1e-8);
  EXPECT_NEAR(student_t_quantile(0.975, 4), 2.776, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 9), 2.262, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 1e6), 1.95996, 1e-4);
  EXPECT_NEAR(student_t_quantile(0.025, 9), -student_t_quantile(0.975, 9), 1e-12);
  EXPECT_NEAR(student_t_quantile(0.5, 3), 0, 1e-9);
}

TEST(Statistics, MeanSpreadAndIntervalOfAKnownSample) {
  const std::vector<double> trials = {0.9, 0.92, 0.94};
  const auto e = estimate(trials);
  EXPECT_NEAR(e.mean, 0.92, 1e-12);
  EXPECT_NEAR(e.std, 0.02, 1e-12);
  EXPECT_NEAR(e.ci_hi - e.mean, 4.302653 * 0.02 / std::sqrt(3.0), 1e-6);  // t(0.975, 2)
  EXPECT_NEAR(e.mean - e.ci_lo, e.ci_hi - e.mean, 1e-12);
  EXPECT_EQ(e.trials, trials);
}

TEST(Statistics, OneChipSaysNothingAboutOthers) {
  const auto e = estimate(std::vector<double>{0.5});
  EXPECT_EQ(e.mean, 0.5);
  EXPECT_TRUE(std::isnan(e.std) && std::isnan(e.ci_lo) && std::isnan(e.ci_hi));
  EXPECT_THROW(estimate({}), core::InvalidInput);
}

// Of 4,000 intervals from 5 samples each, 95% hold the true mean: within 4 standard errors of that share.
TEST(Statistics, IntervalsCoverTheTruthAsOftenAsTheySay) {
  constexpr int kIntervals = 4000, kSamples = 5;
  std::vector<float> draws(kIntervals * kSamples);
  core::fill_normal(core::random_key({.seed = 11, .purpose = "coverage"}), 0, 0, draws);
  int covered = 0;
  for (int i = 0; i < kIntervals; ++i) {
    const std::vector<double> sample(draws.begin() + i * kSamples, draws.begin() + (i + 1) * kSamples);
    const auto e = estimate(sample);
    covered += e.ci_lo < 0 && 0 < e.ci_hi;
  }
  EXPECT_NEAR(covered / double{kIntervals}, 0.95, 4 * std::sqrt(0.95 * 0.05 / kIntervals));
}

}  // namespace
}  // namespace mho::study
