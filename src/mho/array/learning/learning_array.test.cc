// The three kernels act on the same cells; with ideal cells they are linear algebra.

#include "mho/array/learning/learning_array.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mho/core/isa.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

std::shared_ptr<const device::Updater> ideal() {
  device::UpdateModel model;
  model.lo = 0.1;
  model.used_lo = 0.1;
  return std::make_shared<device::Updater>(model);
}

std::shared_ptr<const device::Updater> steps(double c2c) {
  device::UpdateModel model;
  model.kind = device::UpdateKind::constant;
  model.lo = model.used_lo = -1;
  model.step = {.step = 0.001, .step_c2c = c2c};
  return std::make_shared<device::Updater>(model);
}

core::Matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t trial) {
  core::Matrix<float> m(rows, cols);
  core::fill_normal(core::random_key({.trial = trial, .purpose = "test-matrix"}), 0, 0, m.elements);
  for (float& v : m.elements) v = std::clamp(0.3f * v, -0.9f, 0.9f);
  return m;
}

class AllPairs : public testing::TestWithParam<Pairs> {};
INSTANTIATE_TEST_SUITE_P(Schemes, AllPairs,
                         testing::Values(Pairs::two_sided, Pairs::one_sided, Pairs::offset));

TEST_P(AllPairs, ForwardAndBackwardAreTheMatrixAndItsTranspose) {
  const auto w = random_matrix(13, 37, 1);
  const auto x = random_matrix(1, 37, 2), d = random_matrix(1, 13, 3);
  LearningArray array(37, 13, {.pairs = GetParam()}, ideal(), 1, 0, "a");
  array.write(w.view());
  std::vector<float> y(13), e(37);
  array.forward(x.elements, y, 0);
  array.backward(d.elements, e, 0);
  for (std::size_t j = 0; j < 13; ++j) {
    double exact = 0;
    for (std::size_t i = 0; i < 37; ++i) exact += w(j, i) * x(0, i);
    EXPECT_NEAR(y[j], exact, 5e-6);
  }
  for (std::size_t i = 0; i < 37; ++i) {
    double exact = 0;
    for (std::size_t j = 0; j < 13; ++j) exact += w(j, i) * d(0, j);
    EXPECT_NEAR(e[i], exact, 5e-6);
  }
}

TEST_P(AllPairs, AnExactUpdateOfIdealCellsIsTheOuterProduct) {
  const auto w = random_matrix(5, 9, 1);
  const auto x = random_matrix(1, 9, 2), d = random_matrix(1, 5, 3);
  LearningArray array(9, 5, {.pairs = GetParam(), .weight_limit = 1.5, .refresh_every = 1000}, ideal(), 1, 0,
                      "a");
  array.write(w.view());
  array.update(x.elements, d.elements, 0.1, 0);
  const auto after = array.weights();
  for (std::size_t j = 0; j < 5; ++j) {
    for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(after(j, i), w(j, i) + 0.1 * d(0, j) * x(0, i), 2e-6);
  }
}

TEST_P(AllPairs, PulseTrainsMoveWeightsByTheOuterProductOnAverage) {
  constexpr int kUpdates = 4000;
  const std::vector<float> x = {0.9f, -0.4f, 0.1f, 0.0f}, d = {0.5f, -0.2f, 1.0f};
  const double rate = 2e-3;
  LearningArray array(
      4, 3, {.pairs = GetParam(), .code = UpdateCode::pulses, .weight_limit = 20, .refresh_every = 100000},
      steps(0.3), 1, 0, "a");
  array.write(core::Matrix<float>(3, 4).view());
  for (int n = 0; n < kUpdates; ++n) array.update(x, d, rate, n);
  const auto w = array.weights();
  for (std::size_t j = 0; j < 3; ++j) {
    for (std::size_t i = 0; i < 4; ++i) {
      const double expected = kUpdates * rate * x[i] * d[j];
      // Each pulse moves the weight by `pulse`; counts are binomial, so their variance is at most their mean.
      const double pulse = array.weight_per_pulse() * (GetParam() == Pairs::two_sided ? 1 : 1);
      const double sigma = std::sqrt(std::fabs(expected) / pulse * (1 + 0.09)) * pulse;
      EXPECT_NEAR(w(j, i), expected, 4.5 * sigma + 1e-4) << i << " " << j;
    }
  }
}

TEST(LearningArray, CodesRoundRowsAndColumnsToTheirLevels) {
  LearningArray array(
      3, 2, {.code = UpdateCode::codes, .weight_limit = 1, .row_code = {3, 1.0}, .column_code = {2, 1.0}},
      ideal(), 1, 0, "a");
  array.write(core::Matrix<float>(2, 3).view());
  array.update(std::vector<float>{0.5f, -0.1f, 1.0f}, std::vector<float>{0.6f, -0.4f}, 0.1, 0);
  const auto w = array.weights();  // rows in thirds: 2/3 (1.5 rounds to even), 0, 1; columns: 1, 0
  EXPECT_NEAR(w(0, 0), 0.1 * 2 / 3, 1e-6);
  EXPECT_NEAR(w(0, 1), 0, 1e-6);
  EXPECT_NEAR(w(0, 2), 0.1, 1e-6);
  EXPECT_NEAR(w(1, 2), 0, 1e-6);
}

TEST(LearningArray, ReadNoiseOfEveryCellAddsUpOnTheOutput) {
  LearningArray array(50, 4, {.weight_limit = 1, .read_noise = 0.02}, ideal(), 1, 0, "a");
  array.write(core::Matrix<float>(4, 50).view());
  const std::vector<float> x(50, 0.5f);
  std::vector<float> y(4);
  double sum = 0, square = 0;
  constexpr int kReads = 5000;
  for (int n = 0; n < kReads; ++n) {
    array.forward(x, y, n);
    sum += y[2];
    square += y[2] * y[2];
  }
  // Two cells a weight, each 2% of the used range, which is two weight limits for one cell of a pair.
  const double sigma = std::sqrt(2 * 50 * 0.25) * 0.02 * 1.0;
  EXPECT_NEAR(sum / kReads, 0, 4.5 * sigma / std::sqrt(kReads));
  EXPECT_NEAR(std::sqrt(square / kReads), sigma, 4.5 * sigma / std::sqrt(2.0 * kReads));
}

class AllCodes : public testing::TestWithParam<UpdateCode> {};
INSTANTIATE_TEST_SUITE_P(OfUpdates, AllCodes,
                         testing::Values(UpdateCode::exact, UpdateCode::codes, UpdateCode::pulses));

TEST_P(AllCodes, TheSameBitsOnAnyNumberOfThreadsAndEveryInstructionSet) {
  const auto w = random_matrix(300, 200, 1);
  const auto x = random_matrix(1, 200, 2), d = random_matrix(1, 300, 3);
  std::vector<float> first;
  const core::Isa before = core::current_isa();
  for (const core::Isa isa : core::available_isas()) {
    core::use_isa(isa);
    for (const int threads : {1, 2, 3}) {
      core::set_thread_count(threads);
      LearningArray array(200, 300, {.code = GetParam(), .stochastic_rounding = true}, steps(0.5), 7, 1, "a");
      array.write(w.view());
      std::vector<float> y(300), e(200);
      for (int n = 0; n < 5; ++n) {
        array.forward(x.elements, y, n);
        array.backward(d.elements, e, n);
        array.update(x.elements, d.elements, 0.1, n);
      }
      auto all = array.weights().elements;
      std::vector<float> now(all.begin(), all.end());
      now.insert(now.end(), y.begin(), y.end());
      now.insert(now.end(), e.begin(), e.end());
      now.push_back(static_cast<float>(array.count().pulses_per_cell_mean));
      if (first.empty()) first = now;
      EXPECT_EQ(first, now) << core::name(isa) << " " << threads;
    }
  }
  core::use_isa(before);
  core::set_thread_count(0);
}

// With cells that move by exactly one step a pulse, what moved is what was counted.
TEST(LearningArray, PulsesAreCounted) {
  LearningArray array(70, 33, {.code = UpdateCode::pulses, .weight_limit = 20}, steps(0), 1, 0, "a");
  array.write(core::Matrix<float>(33, 70).view());
  const auto x = random_matrix(1, 70, 2), d = random_matrix(1, 33, 3);
  array.update(x.elements, d.elements, 3, 0);
  double moved = 0;
  for (const float w : array.weights().elements) moved += std::fabs(w) / array.weight_per_pulse();
  EXPECT_GT(moved, 100);
  EXPECT_NEAR(array.count().pulses_per_cell_mean * 70 * 33, moved, 1e-3 * moved);
}

TEST(LearningArray, ARestoredArrayGoesOnToTheSameBits) {
  const auto w = random_matrix(6, 8, 1);
  const std::vector<float> x(8, 0.3f), d(6, -0.2f);
  LearningArray array(8, 6, {}, steps(0.5), 7, 1, "a"), other(8, 6, {}, steps(0.5), 7, 1, "a");
  array.write(w.view());
  for (int n = 0; n < 5; ++n) array.update(x, d, 0.1, n);
  other.restore(array.state());
  for (int n = 5; n < 9; ++n) {
    array.update(x, d, 0.1, n);
    other.update(x, d, 0.1, n);
  }
  EXPECT_EQ(array.weights().elements, other.weights().elements);
  EXPECT_EQ(array.count().updates_per_cell_max, other.count().updates_per_cell_max);
}

TEST_P(AllPairs, WiresActTheSameWayInBothDirections) {
  const auto w = random_matrix(6, 9, 1);
  LearningSettings settings{.pairs = GetParam()};
  settings.wires = {.row = 1e-9, .col = 1e-9};
  LearningArray nearly_ideal(9, 6, settings, ideal(), 1, 0, "a");
  settings.wires = {.row = 0.01, .col = 0.02};
  LearningArray wired(9, 6, settings, ideal(), 1, 0, "a");
  const auto x = random_matrix(1, 9, 2);
  std::vector<float> y(6), e(9);
  nearly_ideal.write(w.view());
  nearly_ideal.forward(x.elements, y, 0);
  for (std::size_t j = 0; j < 6; ++j) {
    double exact = 0;
    for (std::size_t i = 0; i < 9; ++i) exact += w(j, i) * x(0, i);
    EXPECT_NEAR(y[j], exact, 1e-5);
  }
  // Reciprocity: unit vectors forward and backward read the same matrix.
  wired.write(w.view());
  for (std::size_t i = 0; i < 9; ++i) {
    std::vector<float> unit(9), column(6);
    unit[i] = 1;
    wired.forward(unit, column, 0);
    for (std::size_t j = 0; j < 6; ++j) {
      std::vector<float> unit_out(6);
      unit_out[j] = 1;
      wired.backward(unit_out, e, 0);
      EXPECT_NEAR(e[i], column[j], 1e-5);
    }
  }
}

TEST(LearningArray, ACellIsOneFloatAndWhatDiffersFromCellToCell) {
  EXPECT_EQ(LearningArray(8, 6, {}, ideal(), 7, 1, "a").bytes_per_cell(), 4u);
  device::UpdateModel model;
  model.kind = device::UpdateKind::soft_bounds;
  model.lo = model.used_lo = -1;
  model.step = {.step = 0.01, .step_d2d = 0.3, .bound_max_d2d = 0.3, .bound_min_d2d = 0.3};
  EXPECT_EQ(LearningArray(8, 6, {}, std::make_shared<device::Updater>(model), 7, 1, "a").bytes_per_cell(),
            20u);
}

}  // namespace
}  // namespace mho::array
