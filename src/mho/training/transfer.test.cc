// Transfer learning against the rules of weights.h written out in double precision, step by step.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mho/training/weights.h"

namespace mho::training {
namespace {

constexpr std::size_t kInputs = 7, kOutputs = 4;
constexpr double kStep = 1.0 / 1024;  ///< of a state in [0, 1]
constexpr double kLimit = 2;

std::shared_ptr<const device::Updater> ideal_cells() {
  device::UpdateModel model;
  model.step.step = kStep;
  return std::make_shared<device::Updater>(model);
}

/// A, H and C as plain matrices that move by exactly what they are asked for.
struct Plain {
  explicit Plain(const Transfer& transfer) : t(transfer) {}
  void update(const std::vector<float>& x, const std::vector<float>& d, double rate, std::uint64_t draw) {
    const double a_rate = t.follows == FollowsRate::fast ? rate * t.fast_rate : t.fast_rate;
    const double h_rate = t.follows == FollowsRate::fast ? t.buffer_rate : rate * t.buffer_rate;
    for (std::size_t j = 0; j < kOutputs; ++j) {
      for (std::size_t i = 0; i < kInputs; ++i)
        a[j][i] = std::clamp(a[j][i] + a_rate * out_sign[j] * d[j] * in_sign[i] * x[i], -kLimit, kLimit);
    }
    if (++count % t.every != 0) return;
    for (std::size_t j = 0; j < kOutputs; ++j) {
      h[j][next] += h_rate * out_sign[j] * in_sign[next] * a[j][next] / pulse;
      double n = std::trunc(h[j][next] / t.threshold);
      n = std::min<double>(std::max<double>(n, -t.most_pulses), t.most_pulses);
      if (n != 0)
        h[j][next] = t.forget ? t.momentum * h[j][next] : h[j][next] - (1 - t.momentum) * n * t.threshold;
      c[j][next] = std::clamp(c[j][next] + n * pulse, -kLimit, kLimit);
      transferred += std::fabs(n);
    }
    if (t.chopped) {
      std::vector<float> u(64 * kInputs + kOutputs);
      core::fill_uniform(core::random_key({.seed = 3, .trial = 1, .purpose = "chopper", .layer = "fc"}), draw,
                         0, u);
      if (u[64 * next] < t.chop_probability) in_sign[next] *= -1, ++flips;
      for (std::size_t j = 0; j < kOutputs && next + 1 == kInputs; ++j) {
        if (u[64 * kInputs + j] < t.chop_outputs) out_sign[j] *= -1, ++flips;
      }
    }
    next = (next + 1) % kInputs;
  }

  Transfer t;
  double a[kOutputs][kInputs] = {}, h[kOutputs][kInputs] = {}, c[kOutputs][kInputs] = {};
  double in_sign[kInputs] = {1, 1, 1, 1, 1, 1, 1}, out_sign[kOutputs] = {1, 1, 1, 1};
  double pulse = kStep / (0.5 / kLimit);  // a pair of cells: half the range is the weight limit
  std::int64_t count = 0;
  std::size_t next = 0;
  double transferred = 0;
  int flips = 0;
};

class TransferRules : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(All, TransferRules, testing::Range(0, 6));

Transfer rules(int which) {
  Transfer t{.fast_rate = 2, .buffer_rate = 0.3};
  if (which == 1) t = {.every = 3, .buffer_rate = 2.7, .threshold = 2.5, .most_pulses = 4, .momentum = 0.4};
  if (which == 2) t.forget = false, t.most_pulses = 31, t.buffer_rate = 0.0123;
  if (which == 3) t = {.fast_rate = 0.1, .buffer_rate = 6, .follows = FollowsRate::buffer};
  if (which == 4) t.chopped = true, t.chop_probability = 0.2;
  if (which == 5) t.chopped = true, t.chop_probability = 0.1, t.chop_outputs = 0.3, t.every = 2;
  return t;
}

TEST_P(TransferRules, EveryStepIsThatOfThePlainMatrices) {
  const Transfer transfer = rules(GetParam());
  CellSettings settings;
  settings.learning.weight_limit = kLimit;
  settings.reading.input.bits = 0;
  settings.reading.adc.kind = array::AdcKind::ideal;
  const auto weights =
      transferred_weights(kInputs, kOutputs, settings, ideal_cells(), transfer, Place{3, 1, "fc"});
  weights->write(core::Matrix<float>(kOutputs, kInputs).view());
  Plain plain(transfer);
  std::vector<float> x(kInputs), d(kOutputs);
  for (std::uint64_t step = 0; step < 600; ++step) {
    core::fill_normal(core::random_key({.purpose = "x"}), step, 0, x);
    core::fill_normal(core::random_key({.purpose = "d"}), step, 0, d);
    for (std::size_t j = 0; j < kOutputs; ++j) d[j] = 0.3f * d[j] + (j % 2 == 0 ? 0.2f : -0.1f) * x[j];
    const double rate = step < 300 ? 0.05 : 0.02;
    weights->update(x, d, rate, step);
    plain.update(x, d, rate, step);
    const auto c = weights->read();
    // Float against double; a threshold passed by one alone would be a whole pulse apart.
    for (std::size_t j = 0; j < kOutputs; ++j) {
      for (std::size_t i = 0; i < kInputs; ++i)
        ASSERT_NEAR(c(j, i), plain.c[j][i], 0.02 * plain.pulse)
            << "step " << step << ", weight " << j << " " << i;
    }
  }
  EXPECT_GT(plain.transferred, 100);
  EXPECT_EQ(plain.flips > 20, transfer.chopped);
}

}  // namespace
}  // namespace mho::training
