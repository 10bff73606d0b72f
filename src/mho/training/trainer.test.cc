// With ideal cells, ideal converters and batch 1, training is plain stochastic gradient descent.

#include "mho/training/trainer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mho/core/parallel.h"

namespace mho::training {
namespace {

Samples blobs(std::size_t count, std::size_t features, int classes, std::uint32_t trial) {
  Samples s;
  s.x = core::Matrix<float>(count, features);
  core::fill_normal(core::random_key({.trial = trial, .purpose = "blobs"}), 0, 0, s.x.elements);
  for (std::size_t n = 0; n < count; ++n) {
    const int label = static_cast<int>(n % classes);
    s.labels.push_back(label);
    for (std::size_t i = 0; i < features; ++i)
      s.x(n, i) = 0.3f * s.x(n, i) + std::sin(static_cast<float>(i * (label + 1)));
  }
  return s;
}

std::shared_ptr<const device::Updater> updater(device::UpdateKind kind, double c2c = 0) {
  device::UpdateModel model;
  model.kind = kind;
  model.lo = model.used_lo = -1;
  model.step = {.step = 0.002, .step_c2c = c2c};
  return std::make_shared<device::Updater>(model);
}

TrainingOptions options(std::vector<StageSpec> stages, std::shared_ptr<const device::Updater> device) {
  TrainingOptions o;
  o.input = {1, 1, 12};
  o.stages = std::move(stages);
  o.epochs = 2;
  o.updater = std::move(device);
  o.cells.reading.input.bits = 0;
  o.cells.reading.adc.kind = array::AdcKind::ideal;
  return o;
}

const std::vector<StageSpec> kTwoDense = {{StageSpec::Kind::dense, 7, 0}, {StageSpec::Kind::dense, 3, 0}};

void train(
    Trainer& trainer, const Samples& samples, const std::function<bool()>& stop = [] { return false; }) {
  trainer.run(
      samples, samples, stop, [](std::size_t) {}, [](const EpochResult&) {});
}

/// Plain stochastic gradient descent in float64, written out.
struct PlainNetwork {
  core::Matrix<float> w1, w2;
  void step(std::span<const float> x, int label, double rate) {
    std::vector<double> h(w1.rows), z(w2.rows), d2(w2.rows), d1(w1.rows);
    for (std::size_t j = 0; j < w1.rows; ++j) {
      double sum = w1(j, x.size());
      for (std::size_t i = 0; i < x.size(); ++i) sum += w1(j, i) * x[i];
      h[j] = 1 / (1 + std::exp(-sum));
    }
    double norm = 0;
    for (std::size_t k = 0; k < w2.rows; ++k) {
      z[k] = w2(k, h.size());
      for (std::size_t j = 0; j < h.size(); ++j) z[k] += w2(k, j) * h[j];
      norm += std::exp(z[k]);
    }
    for (std::size_t k = 0; k < w2.rows; ++k) d2[k] = (static_cast<int>(k) == label) - std::exp(z[k]) / norm;
    for (std::size_t k = 0; k < w2.rows; ++k) {
      for (std::size_t j = 0; j < h.size(); ++j) w2(k, j) += static_cast<float>(rate * d2[k] * h[j]);
      w2(k, h.size()) += static_cast<float>(rate * d2[k]);
    }
    for (std::size_t j = 0; j < w1.rows; ++j) {
      for (std::size_t k = 0; k < w2.rows; ++k) d1[j] += w2(k, j) * d2[k];
      d1[j] *= h[j] * (1 - h[j]);
      for (std::size_t i = 0; i < x.size(); ++i) w1(j, i) += static_cast<float>(rate * d1[j] * x[i]);
      w1(j, x.size()) += static_cast<float>(rate * d1[j]);
    }
  }
};

TEST(Trainer, IdealCellsTrainAsPlainGradientDescentOverAThousandSteps) {
  const auto samples = blobs(500, 12, 3, 1);
  auto o = options(kTwoDense, updater(device::UpdateKind::ideal));
  o.weight_limits = {8, 8};
  Trainer trainer(o, 1, 0);
  PlainNetwork plain{trainer.weights()[0], trainer.weights()[1]};
  train(trainer, samples);
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (std::size_t n = 0; n < 500; ++n) plain.step(samples.x.row(n), samples.labels[n], 0.05);
  }
  const auto w = trainer.weights();
  // A thousand roundings of states of 1/8 of a weight in float32.
  for (std::size_t k = 0; k < w[0].elements.size(); ++k)
    EXPECT_NEAR(w[0].elements[k], plain.w1.elements[k], 3e-4);
  for (std::size_t k = 0; k < w[1].elements.size(); ++k)
    EXPECT_NEAR(w[1].elements[k], plain.w2.elements[k], 3e-4);
  EXPECT_GT(trainer.epochs().back().test_accuracy, 0.95);
}

TEST(Trainer, GradientsOfAConvolutionAreThoseOfItsLoss) {
  const auto samples = blobs(1, 12, 3, 2);
  TrainingOptions o = options(
      {{StageSpec::Kind::convolution, 2, 4}, {StageSpec::Kind::pool, 2, 0}, {StageSpec::Kind::dense, 3, 0}},
      nullptr);
  o.input = {4, 3, 1};
  o.hidden = Activation::tanh;
  o.numeric = true;
  o.order = Order::before_update;
  o.epochs = 1;
  o.learning_rate = 1e-3;
  Trainer one(o, 1, 0);
  const auto before = one.weights();
  train(one, samples);
  const auto after = one.weights();
  // The update is -rate times the gradient: moving along it lowers the loss by rate·|gradient|² to first
  // order.
  double square = 0;
  for (std::size_t m = 0; m < before.size(); ++m) {
    for (std::size_t k = 0; k < before[m].elements.size(); ++k)
      square += std::pow(after[m].elements[k] - before[m].elements[k], 2);
  }
  const double loss_before = one.epochs()[0].train_loss;
  auto more = o;
  more.epochs = 2;
  more.decay_every = 0;
  Trainer two(more, 1, 0);
  train(two, samples);
  const double drop = loss_before - two.epochs()[1].train_loss;
  EXPECT_NEAR(drop, square / o.learning_rate, 0.02 * drop);
}

class Stores : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(OfWeights, Stores, testing::Range(0, 5));

TrainingOptions stored(int which) {
  auto o =
      options(kTwoDense, updater(which == 0 ? device::UpdateKind::ideal : device::UpdateKind::constant, 0.5));
  o.learning_rate = 0.02;
  if (which == 2) o.carry = Carry{.arrays = 3, .every = {10, 100}};
  if (which == 3) o.transfer = Transfer{.most_pulses = 10};
  if (which == 4) o.transfer = Transfer{.chopped = true, .most_pulses = 10, .chop_probability = 0.05};
  o.shuffle = which == 1;
  o.epochs = 6;
  return o;
}

TEST_P(Stores, LearnAndAreTheSameAfterBeingKilledAndResumed) {
  const auto samples = blobs(300, 12, 3, 1);
  Trainer whole(stored(GetParam()), 5, 2);
  train(whole, samples);
  EXPECT_GT(whole.epochs().back().test_accuracy, 0.8);

  std::vector<std::uint8_t> state;
  {
    Trainer killed(stored(GetParam()), 5, 2);
    int left = 777;
    train(killed, samples, [&] { return left-- == 0; });
    state = killed.state();
  }
  Trainer resumed(stored(GetParam()), 5, 2);
  resumed.restore(state);
  train(resumed, samples);
  for (std::size_t m = 0; m < 2; ++m) EXPECT_EQ(whole.weights()[m].elements, resumed.weights()[m].elements);
  EXPECT_EQ(whole.epochs().back().train_loss, resumed.epochs().back().train_loss);
}

// What training left on the arrays answers as any chip does.
TEST_P(Stores, ItsCellsReadAsAChipNameAsManySamplesRightly) {
  const auto samples = blobs(300, 12, 3, 1);
  for (const bool ideal : {true, false}) {
    auto o = stored(GetParam());
    o.epochs = 2;
    if (!ideal) {
      o.cells.reading.input.bits = 8;
      o.cells.reading.adc.kind = array::AdcKind::uniform;
      o.cells.reading.array.rows = 5;
    }
    Trainer trainer(o, 5, 2);
    train(trainer, samples);
    // Float sums in another order: a sample in a thousand may lie that near to the border of two classes.
    EXPECT_NEAR(trainer.accuracy(samples, trainer.programmed()), trainer.epochs().back().test_accuracy,
                1.01 / 300);
    EXPECT_EQ(trainer.accuracy(samples), trainer.epochs().back().test_accuracy);
  }
}

TEST(Trainer, ACheckpointOfAnotherNetworkIsRefused) {
  Trainer trainer(stored(1), 5, 2);
  auto other = stored(1);
  other.stages[0].size = 9;
  Trainer wrong(other, 5, 2);
  EXPECT_ANY_THROW(wrong.restore(trainer.state()));
}

TEST(Trainer, MiniBatchesUseTheSameWeightsForEverySample) {
  const auto samples = blobs(20, 12, 3, 1);
  auto o = options(kTwoDense, nullptr);
  o.numeric = true;
  o.epochs = 1;
  o.batch = 20;
  o.order = Order::before_update;
  Trainer batch(o, 1, 0);
  auto single = o;
  single.batch = 1;
  const auto start = batch.weights();
  train(batch, samples);
  // The mean of the updates that each sample alone would make from the start.
  core::Matrix<float> mean(start[0].rows, start[0].cols);
  for (std::size_t n = 0; n < 20; ++n) {
    Samples one;
    one.x = core::Matrix<float>(1, 12);
    std::copy(samples.x.row(n).begin(), samples.x.row(n).end(), one.x.row(0).begin());
    one.labels = {samples.labels[n]};
    Trainer alone(single, 1, 0);
    train(alone, one);
    for (std::size_t k = 0; k < mean.elements.size(); ++k)
      mean.elements[k] += (alone.weights()[0].elements[k] - start[0].elements[k]) / 20;
  }
  const auto after = batch.weights();
  for (std::size_t k = 0; k < mean.elements.size(); ++k)
    EXPECT_NEAR(after[0].elements[k] - start[0].elements[k], mean.elements[k], 1e-6);
}

}  // namespace
}  // namespace mho::training
