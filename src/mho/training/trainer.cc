#include "mho/training/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mho/array/mapping/chip_cells.h"
#include "mho/core/error.h"
#include "mho/training/state_bytes.h"

namespace mho::training {
namespace {

constexpr std::uint64_t kTrainingReads = std::uint64_t{1} << 40;  ///< draws of reads, apart from tests

struct Shape {
  std::size_t rows, outputs;
};

/// Rows and outputs of every stage with weights.
std::vector<Shape> weight_shapes(const TrainingOptions& options) {
  std::vector<Shape> shapes;
  ImageShape at = options.input;
  const std::size_t bias = options.bias == Bias::array ? 1 : 0;
  for (const StageSpec& stage : options.stages) {
    switch (stage.kind) {
      case StageSpec::Kind::dense:
        shapes.push_back({at.size() + bias, stage.size});
        at = {1, 1, stage.size};
        break;
      case StageSpec::Kind::convolution:
        if (stage.size > at.height || stage.size > at.width) {
          throw core::InvalidInput(
              fmt::format("training.layers: a {0}×{0} kernel does not fit an image of {1}×{2}", stage.size,
                          at.height, at.width));
        }
        shapes.push_back({stage.size * stage.size * at.channels + bias, stage.channels});
        at = {at.height - stage.size + 1, at.width - stage.size + 1, stage.channels};
        break;
      case StageSpec::Kind::pool:
        at = {at.height / stage.size, at.width / stage.size, at.channels};
        if (at.size() == 0)
          throw core::InvalidInput(
              fmt::format("training.layers: a pool of {} leaves nothing of its image", stage.size));
        break;
    }
  }
  return shapes;
}

double initial_range(const TrainingOptions& options, const Shape& shape) {
  return options.initial_scale * std::sqrt(6.0 / static_cast<double>(shape.rows + shape.outputs));
}

std::unique_ptr<Weights> make_weights(const TrainingOptions& options, const Shape& shape, double limit,
                                      bool negative_inputs, const Place& place) {
  if (options.numeric) return numeric_weights(shape.rows, shape.outputs);
  CellSettings settings = options.cells;
  settings.learning.weight_limit = limit;
  auto& signs = settings.reading.input.signs;
  using Signed = array::Input::Signed;
  if (signs == Signed::automatic) signs = negative_inputs ? Signed::yes : Signed::no;
  if (options.carry)
    return carried_weights(shape.rows, shape.outputs, settings, options.updater, *options.carry, place);
  if (options.transfer)
    return transferred_weights(shape.rows, shape.outputs, settings, options.updater, *options.transfer,
                               place);
  return array_weights(shape.rows, shape.outputs, settings, options.updater, place);
}

core::Matrix<float> initial_weights(const TrainingOptions& options, const Shape& shape, const Place& place) {
  core::Matrix<float> w(shape.outputs, shape.rows);
  const auto range = static_cast<float>(initial_range(options, shape));
  core::fill_uniform(
      core::random_key(
          {.seed = place.seed, .trial = place.trial, .purpose = "initial-weights", .layer = place.layer}),
      0, 0, w.elements);
  for (float& v : w.elements) v = (2 * v - 1) * range;
  return w;
}

void refuse_other_layers(const array::Chip& chip, std::span<const std::unique_ptr<Stage>> stages) {
  for (const auto& [name, matrix] : chip.matrices) {
    const bool there = std::any_of(stages.begin(), stages.end(), [&name = name](const auto& stage) {
      return stage->weights() && stage->name() == name;
    });
    if (!there)
      throw core::InvalidInput(fmt::format("{} holds cells of \"{}\", which lies on no array of this network",
                                           chip.source, core::printable(name)));
  }
}

/// Where the study names a chip, those of its cells that these weights lie on: instead of first weights.
std::shared_ptr<const array::ProgrammedMatrix> cells_of_chip(const TrainingOptions& options,
                                                             const Weights& weights) {
  const auto like = options.cells.reading.chip ? weights.programmed() : nullptr;
  return like ? array::from_chip(*like, array::Keep::life) : nullptr;
}

}  // namespace

Activation activation_of(const TrainingOptions& options, std::size_t k) {
  if (k + 1 < options.stages.size()) return options.hidden;
  return options.loss == Loss::squared ? Activation::sigmoid : Activation::linear;
}

std::vector<double> default_weight_limits(const TrainingOptions& options) {
  const auto shapes = weight_shapes(options);
  std::vector<double> limits;
  for (std::size_t m = 0; m < shapes.size(); ++m)
    limits.push_back((m + 1 < shapes.size() ? 1.33 : 2.4) * initial_range(options, shapes[m]));
  return limits;
}

Trainer::Trainer(const TrainingOptions& options, std::uint64_t seed, std::uint32_t trial)
    : options_(options), seed_(seed), trial_(trial) {
  const auto shapes = weight_shapes(options);
  if (shapes.empty() || options.stages.back().kind != StageSpec::Kind::dense) {
    throw core::InvalidInput("training.layers: the last layer must be dense, with one output a class");
  }
  auto limits = options.weight_limits.empty() ? default_weight_limits(options) : options.weight_limits;
  if (limits.size() == 1) limits.resize(shapes.size(), limits.front());
  if (limits.size() != shapes.size()) {
    throw core::InvalidInput(fmt::format("training.weight_limits: {} values for {} layers with weights",
                                         limits.size(), shapes.size()));
  }
  ImageShape at = options.input;
  values_.emplace_back(at.size());
  bool negative = options.negative_inputs;  // of the stage that comes
  std::size_t m = 0;
  for (std::size_t k = 0; k < options.stages.size(); ++k) {
    const StageSpec& stage = options.stages[k];
    if (stage.kind == StageSpec::Kind::pool) {
      stages_.push_back(max_pool_stage(fmt::format("pool{}", k + 1), at, stage.size));
      at = {at.height / stage.size, at.width / stage.size, at.channels};
    } else {
      const bool dense = stage.kind == StageSpec::Kind::dense;
      const Place place{seed, trial, fmt::format("{}{}", dense ? "dense" : "conv", k + 1)};
      auto weights = make_weights(options, shapes[m], limits[m], negative, place);
      if (const auto cells = cells_of_chip(options, *weights)) {
        const double limit = array::weight_limit_of(*cells, options.updater->model());
        weights = make_weights(options, shapes[m], limit, negative, place);
        weights->take_over(*cells);
      } else {
        weights->write(initial_weights(options, shapes[m], place).view());
      }
      const Activation activation = activation_of(options, k);
      negative = activation == Activation::tanh || activation == Activation::linear;
      if (dense) {
        stages_.push_back(
            dense_stage(place.layer, at.size(), stage.size, activation, options.bias, std::move(weights)));
        at = {1, 1, stage.size};
      } else {
        stages_.push_back(convolution_stage(place.layer, at, stage.size, stage.channels, activation,
                                            options.bias, std::move(weights)));
        at = {at.height - stage.size + 1, at.width - stage.size + 1, stage.channels};
      }
      ++m;
    }
    values_.emplace_back(at.size());
  }
  if (const auto& chip = options.cells.reading.chip) refuse_other_layers(*chip, stages_);
  for (const auto& v : values_) deltas_.emplace_back(v.size());
}

void Trainer::forward(std::span<const float> x, std::uint64_t draw) {
  std::copy(x.begin(), x.end(), values_.front().begin());
  for (std::size_t m = 0; m < stages_.size(); ++m) stages_[m]->forward(values_[m], values_[m + 1], draw);
}

double Trainer::learn(int label, double rate, std::uint64_t draw, bool defer) {
  std::vector<float>& out = values_.back();
  std::vector<float>& delta = deltas_.back();
  double loss = 0;
  if (options_.loss == Loss::cross_entropy) {
    const float largest = *std::max_element(out.begin(), out.end());
    float sum = 0;
    for (std::size_t j = 0; j < out.size(); ++j) sum += delta[j] = std::exp(out[j] - largest);
    loss = -std::log(std::max<double>(delta[label] / sum, 1e-30));
    for (std::size_t j = 0; j < out.size(); ++j)
      delta[j] = (static_cast<int>(j) == label ? 1.0f : 0.0f) - delta[j] / sum;
  } else {
    for (std::size_t j = 0; j < out.size(); ++j) {
      delta[j] = (static_cast<int>(j) == label ? 1.0f : 0.0f) - out[j];
      loss += 0.5 * delta[j] * delta[j];
    }
  }
  for (std::size_t m = stages_.size(); m-- > 0;) {
    const std::span<float> d_in = m == 0 ? std::span<float>() : std::span<float>(deltas_[m]);
    stages_[m]->learn(deltas_[m + 1], d_in, rate, draw, options_.order, defer);
  }
  return loss;
}

std::vector<std::size_t> Trainer::order_of(std::size_t epoch, std::size_t count) const {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!options_.shuffle) return order;
  std::vector<std::uint32_t> bits(count);
  core::fill_bits(core::random_key({.seed = seed_, .trial = trial_, .purpose = "shuffle"}), epoch, 0, bits);
  for (std::size_t i = count; i-- > 1;) std::swap(order[i], order[std::uint64_t{bits[i]} * (i + 1) >> 32]);
  return order;
}

bool Trainer::run(const Samples& train, const Samples& test, const std::function<bool()>& stop,
                  const std::function<void(std::size_t done)>& tick,
                  const std::function<void(const EpochResult&)>& on_epoch) {
  const std::size_t count = train.labels.size();
  while (epochs_.size() < options_.epochs) {
    const std::size_t epoch = epochs_.size();
    const double rate =
        options_.learning_rate *
        std::pow(options_.decay,
                 static_cast<double>(options_.decay_every > 0 ? epoch / options_.decay_every : 0));
    const auto order = order_of(epoch, count);
    while (next_sample_ < count) {
      if (stop()) return false;
      const std::size_t batch = std::min<std::size_t>(options_.batch, count - next_sample_);
      for (std::size_t b = 0; b < batch; ++b) {
        const std::size_t sample = order[next_sample_ + b];
        const std::uint64_t draw = epoch * count + next_sample_ + b;
        forward(train.x.row(sample), kTrainingReads + draw);
        loss_sum_ += learn(train.labels[sample], rate, draw, options_.batch > 1);
      }
      if (options_.batch > 1) {
        for (auto& stage : stages_)
          stage->apply(rate / static_cast<double>(batch), epoch * count + next_sample_);
      }
      next_sample_ += batch;
      tick(next_sample_);
    }
    epochs_.push_back({epoch + 1, rate, loss_sum_ / static_cast<double>(count), accuracy(test)});
    next_sample_ = 0;
    loss_sum_ = 0;
    on_epoch(epochs_.back());
  }
  return true;
}

double Trainer::accuracy(const Samples& samples) {
  const auto expect = [&](bool many) {
    for (auto& stage : stages_) {
      if (stage->weights())
        stage->weights()->expect_reads(many ? samples.labels.size() * stage->vectors() : 1);
    }
  };
  expect(true);
  const double share = share_right(samples);
  expect(false);  // what training reads next does not depend on whether there was a test before
  return share;
}

double Trainer::accuracy(const Samples& samples, std::span<const StageCells> cells) {
  std::vector<std::unique_ptr<ReadableWeights>> readers;
  for (auto& stage : stages_) {
    if (!stage->weights()) continue;
    readers.push_back(read_cells(cells[readers.size()].matrix, samples.labels.size() * stage->vectors()));
    stage->read_instead(readers.back().get());
  }
  const double share = share_right(samples);
  for (auto& stage : stages_) stage->read_instead(nullptr);
  return share;
}

double Trainer::share_right(const Samples& samples) {
  std::size_t correct = 0;
  for (std::size_t n = 0; n < samples.labels.size(); ++n) {
    forward(samples.x.row(n), n);
    const auto& out = values_.back();
    correct += std::max_element(out.begin(), out.end()) - out.begin() == samples.labels[n];
  }
  return static_cast<double>(correct) / static_cast<double>(samples.labels.size());
}

std::vector<StageReport> Trainer::report() {
  std::vector<StageReport> reports;
  for (std::size_t k = 0; k < stages_.size(); ++k) {
    Weights* w = stages_[k]->weights();
    if (!w) continue;
    StageReport& report = reports.emplace_back();
    report.name = stages_[k]->name();
    report.convolution = options_.stages[k].kind == StageSpec::Kind::convolution;
    report.inputs = w->inputs();
    report.outputs = w->outputs();
    report.vectors = stages_[k]->vectors();
    // A window that moves by one pixel meets one new column of pixels.
    report.fresh_inputs = report.convolution ? report.inputs / options_.stages[k].size : report.inputs;
    report.bytes_per_weight = w->bytes_per_weight();
    report.count = w->count();
    report.conductances_s = w->conductances_s();
  }
  return reports;
}

std::vector<StageCells> Trainer::programmed() {
  std::vector<StageCells> all;
  for (auto& stage : stages_) {
    auto cells = stage->weights() ? stage->weights()->programmed() : nullptr;
    if (cells) all.push_back({stage->name(), std::move(cells)});
  }
  return all;
}

std::vector<StageCells> Trainer::aged() {
  std::vector<StageCells> all = programmed();
  for (StageCells& stage : all) {
    auto before = std::make_shared<array::ProgrammedMatrix>(*stage.matrix);
    before->settings.cell = *options_.aged;
    for (array::Block& block : before->blocks) {  // what the last update left is what cells drift from
      for (array::CellArray* cells : {&block.plus, &block.minus}) {
        cells->target = cells->g;
        cells->faults.resize(cells->g.elements.size(), device::Fault::none);
      }
    }
    stage.matrix = array::aged(*before, before->random_source());
  }
  return all;
}

std::vector<core::Matrix<float>> Trainer::weights() {
  std::vector<core::Matrix<float>> all;
  for (auto& stage : stages_) {
    if (stage->weights()) all.push_back(stage->weights()->read());
  }
  return all;
}

std::vector<LearnedLayer> Trainer::learned() {
  std::vector<LearnedLayer> all;
  for (auto& stage : stages_) {
    if (!stage->weights()) continue;
    const auto bias = stage->digital_bias();
    all.push_back({stage->name(), stage->weights()->read(), {bias.begin(), bias.end()}});
  }
  return all;
}

std::vector<std::uint8_t> Trainer::state() {
  StateWriter out;
  out.value(next_sample_);
  out.value(loss_sum_);
  out.value<std::uint64_t>(epochs_.size());
  out.values(std::span<const EpochResult>(epochs_));
  for (auto& stage : stages_) {
    if (!stage->weights()) continue;
    out.block(stage->weights()->state());
    out.values(std::span<const float>(stage->digital_bias()));
  }
  return out.take();
}

void Trainer::restore(std::span<const std::uint8_t> state) {
  StateReader in(state);
  next_sample_ = in.value<std::uint64_t>();
  loss_sum_ = in.value<double>();
  const auto epochs = in.value<std::uint64_t>();
  if (epochs > options_.epochs)
    throw core::InvalidInput(
        fmt::format("the checkpoint has {} epochs, the study only {}", epochs, options_.epochs));
  epochs_.resize(epochs);
  in.values(std::span<EpochResult>(epochs_));
  for (auto& stage : stages_) {
    if (!stage->weights()) continue;
    stage->weights()->restore(in.block());
    in.values(stage->digital_bias());
  }
  if (!in.at_end())
    throw core::InvalidInput("the checkpoint does not fit this network: it has bytes left over");
}

}  // namespace mho::training
