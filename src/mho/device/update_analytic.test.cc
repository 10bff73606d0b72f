// Analytic cells follow the curves of their definition in double precision, and their noise has its spread.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mho/core/isa.h"
#include "mho/device/update.h"

namespace mho::device {
namespace {

const core::RandomKey kKey = core::random_key({.seed = 5, .purpose = "update"});

UpdateModel analytic(UpdateKind kind, double alpha, double write_noise = 0) {
  UpdateModel model;
  model.kind = kind;
  model.lo = 0.25;
  model.hi = 1.5;
  model.alpha = alpha;
  model.write_noise = write_noise;
  return model;
}

/// The definitions, in double: pulses n = request·(pulses a range)/range along G(n), a·n/N = α·r/range.
double defined(const UpdateModel& m, double g, double request) {
  const double range = m.hi - m.lo, x = m.alpha * request / range;
  double change = 0;
  if (m.kind == UpdateKind::asymmetric) {  // exponential approach to the bound that is driven at
    const double beyond = range / (1 - std::exp(-m.alpha));
    const double target = request > 0 ? m.lo + beyond : m.hi - beyond;
    change = (target - g) * (1 - std::exp(-std::fabs(x)));
  } else {  // G = A/(1 + exp(-2α(p - 1/2))) + B: a step of the pulse count p either way on one curve
    const double a = range * (std::exp(m.alpha) + 1) / (std::exp(m.alpha) - 1),
                 b = m.lo - range / (std::exp(m.alpha) - 1);
    change = a / (1 + std::exp(-2 * x) * (a / (g - b) - 1)) + b - g;
  }
  return std::clamp(g + change, m.lo, m.hi);
}

TEST(UpdateAnalytic, BothCellsOfAPairFollowTheirCurves) {
  for (const UpdateKind kind : {UpdateKind::asymmetric, UpdateKind::symmetric}) {
    for (const double alpha : {0.01, 0.5, 2.0, 8.0}) {
      const UpdateModel model = analytic(kind, alpha);
      const Updater updater(model);
      std::vector<float> plus, minus, column;
      for (const float g : {0.25f, 0.3f, 0.8f, 1.31f, 1.5f}) {
        for (const float r : {1e-6f, 1e-4f, 0.01f, 0.3f, 2.0f, 40.0f}) {
          for (const float sign : {1.0f, -1.0f}) {
            plus.push_back(g);
            minus.push_back(1.75f - g);
            column.push_back(-sign * r);
          }
        }
      }
      const auto before_plus = plus, before_minus = minus;
      CellPopulation none;
      updater.update_pairs(plus, minus, none, none, 0, -1.0f, column, kKey, 0);
      std::vector<float> alone = before_minus;
      updater.update(alone, none, 0, 1.0f, column, kKey, 0);
      EXPECT_EQ(alone, minus);
      for (std::size_t k = 0; k < plus.size(); ++k) {
        // Roundings: of the state (up to 1.5), and four operations of the change.
        const double up = defined(model, before_plus[k], -column[k]),
                     down = defined(model, before_minus[k], column[k]);
        EXPECT_NEAR(plus[k], up, 1.3e-7 + 1e-6 * std::fabs(up - before_plus[k])) << alpha << " " << k;
        EXPECT_NEAR(minus[k], down, 1.3e-7 + 1e-6 * std::fabs(down - before_minus[k])) << alpha << " " << k;
      }
    }
  }
}

TEST(UpdateAnalytic, NoiseOfAPairIsIndependentAndHasItsSpread) {
  constexpr std::size_t n = 200'000;
  for (const WriteNoise kind : {WriteNoise::independent, WriteNoise::proportional, WriteNoise::inverse}) {
    UpdateModel model = analytic(UpdateKind::asymmetric, 2, 0.02);
    model.write_noise_kind = kind;
    const Updater updater(model);
    std::vector<float> plus(n, 0.7f), minus(n, 0.9f);
    const std::vector<float> column(n, 0.01f);
    CellPopulation none;
    updater.update_pairs(plus, minus, none, none, 0, 1.0f, column, kKey, 3);
    double sum[2] = {}, square[2] = {}, product = 0;
    const double g[2] = {0.7f, 0.9f}, mean[2] = {defined(model, g[0], 0.01), defined(model, g[1], -0.01)};
    double sd[2];
    for (int c = 0; c < 2; ++c) {
      sd[c] = 0.02 * std::sqrt(std::fabs(mean[c] - g[c]) * 1.25);
      if (kind == WriteNoise::proportional) sd[c] *= g[c] / 1.25;
      if (kind == WriteNoise::inverse) sd[c] *= 1.25 / g[c];
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double z[2] = {(plus[i] - mean[0]) / sd[0], (minus[i] - mean[1]) / sd[1]};
      for (int c = 0; c < 2; ++c) sum[c] += z[c], square[c] += z[c] * z[c];
      product += z[0] * z[1];
    }
    for (int c = 0; c < 2; ++c) {
      EXPECT_NEAR(sum[c] / n, 0, 5 / std::sqrt(n));
      EXPECT_NEAR(square[c] / n, 1, 5 * std::sqrt(2.0 / n));
    }
    EXPECT_NEAR(product / n, 0, 5 / std::sqrt(n));
  }
}

TEST(UpdateAnalytic, APairIsTheSameHoweverTheRangeIsCutAndOnEveryInstructionSet) {
  const core::Isa before = core::current_isa();
  for (const UpdateKind kind : {UpdateKind::asymmetric, UpdateKind::symmetric, UpdateKind::soft_bounds}) {
    UpdateModel model = analytic(kind, 3, 0.05);
    if (kind == UpdateKind::soft_bounds) {
      model.lo = -1, model.hi = 1;
      model.step = {.step = 0.002, .step_c2c = 0.3, .write_noise = 2};
    }
    const Updater updater(model);
    std::vector<float> column(1000);
    for (std::size_t i = 0; i < column.size(); ++i) column[i] = std::sin(static_cast<float>(i)) * 0.5f;
    std::vector<float> first;
    for (const core::Isa isa : core::available_isas()) {
      core::use_isa(isa);
      for (const std::size_t step : {std::size_t{1000}, std::size_t{123}}) {
        std::vector<float> plus(1000, 0.6f), minus(1000, 0.5f);
        CellPopulation a, b;
        if (kind == UpdateKind::soft_bounds) a.persistent = plus, b.persistent = minus;
        for (std::size_t at = 0; at < 1000; at += step) {
          const std::size_t n = std::min(step, 1000 - at);
          updater.update_pairs(std::span(plus).subspan(at, n), std::span(minus).subspan(at, n), a, b, at,
                               0.7f, std::span(column).subspan(at, n), kKey, 9);
        }
        plus.insert(plus.end(), minus.begin(), minus.end());
        if (first.empty()) first = plus;
        EXPECT_EQ(plus, first) << core::name(isa) << " " << step;
      }
    }
  }
  core::use_isa(before);
}

// A request of nothing leaves a cell alone, also at zero, where noise that goes as 1/g has no bound.
TEST(UpdateAnalytic, NoRequestMeansNoChangeAtZero) {
  UpdateModel model = analytic(UpdateKind::asymmetric, 2, 0.02);
  model.lo = 0;
  model.write_noise_kind = WriteNoise::inverse;
  std::vector<float> g(5, 0.0f);
  CellPopulation none;
  Updater(model).update(g, none, 0, 1.0f, std::vector<float>(5, 0.0f), kKey, 0);
  EXPECT_EQ(g, std::vector<float>(5, 0.0f));
}

}  // namespace
}  // namespace mho::device
