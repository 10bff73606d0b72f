#include "mho/study/train.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "mho/array/mapping/settings.h"
#include "mho/core/error.h"
#include "mho/core/interrupt.h"
#include "mho/core/parallel.h"
#include "mho/hardware/design.h"
#include "mho/study/checkpoint.h"
#include "mho/study/document.h"
#include "mho/study/identity.h"
#include "mho/study/settings.h"
#include "mho/study/statistics.h"
#include "mho/study/sweep.h"
#include "mho/study/train_cost.h"
#include "mho/training/read_study.h"

namespace mho::study {

using json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

namespace {

/// Below this many weights a network is trained on one thread, several trials at once.
constexpr std::size_t kSmallNetwork = 1 << 16;
constexpr std::size_t kHistogramBins = 50;

json summary(std::span<const double> values) {
  if (values.empty()) return nullptr;
  const Estimate e = estimate(values);
  return {{"mean", e.mean}, {"std", e.std}, {"ci95", {e.ci_lo, e.ci_hi}}, {"trials", e.trials}};
}

/// Means over trials of every epoch that all of them finished.
json epoch_records(const std::vector<std::unique_ptr<training::Trainer>>& trainers) {
  std::size_t finished = trainers.front()->epochs().size();
  for (const auto& trainer : trainers) finished = std::min(finished, trainer->epochs().size());
  json out = json::array();
  for (std::size_t e = 0; e < finished; ++e) {
    std::vector<double> loss, accuracy;
    for (const auto& trainer : trainers) {
      loss.push_back(trainer->epochs()[e].train_loss);
      accuracy.push_back(trainer->epochs()[e].test_accuracy);
    }
    const Estimate mean_loss = estimate(loss), mean_accuracy = estimate(accuracy);
    out.push_back({{"epoch", e + 1},
                   {"learning_rate", trainers.front()->epochs()[e].learning_rate},
                   {"train_loss", mean_loss.mean},
                   {"test_accuracy", mean_accuracy.mean},
                   {"test_accuracy_std", mean_accuracy.std},
                   {"test_accuracy_trials", accuracy}});
  }
  return out;
}

json histogram(std::vector<float> values) {
  if (values.empty()) return nullptr;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double lo = *least, hi = *most > *least ? *most : *least + 1;
  std::vector<std::size_t> counts(kHistogramBins);
  for (const float v : values)
    ++counts[std::min(kHistogramBins - 1, static_cast<std::size_t>((v - lo) / (hi - lo) * kHistogramBins))];
  return {{"from_s", lo}, {"to_s", hi}, {"counts", counts}};
}

/// Layers of the first trial, and what their cells went through.
json layer_records(training::Trainer& trainer, double endurance, json& updates) {
  json layers = json::array();
  double sum = 0, most = 0, pulses = 0;
  std::size_t weights = 0;
  for (auto& stage : trainer.report()) {
    const std::size_t here = stage.inputs * stage.outputs;
    layers.push_back(
        {{"name", stage.name},
         {"rows", stage.inputs},
         {"columns", stage.outputs},
         {"weights", here},
         {"bytes_per_weight", stage.bytes_per_weight},
         {"updates", stage.count.updates},
         {"updates_per_cell",
          {{"mean", stage.count.updates_per_cell_mean}, {"max", stage.count.updates_per_cell_max}}},
         {"pulses_per_cell", stage.count.pulses_per_cell_mean},
         {"refreshes", stage.count.refreshes},
         {"conductances", histogram(std::move(stage.conductances_s))}});
    sum += stage.count.updates_per_cell_mean * static_cast<double>(here);
    pulses += stage.count.pulses_per_cell_mean * static_cast<double>(here);
    most = std::max(most, stage.count.updates_per_cell_max);
    weights += here;
  }
  updates = {{"mean", sum / static_cast<double>(weights)},
             {"max", most},
             {"pulses", pulses / static_cast<double>(weights)}};
  if (endurance > 0) updates["endurance"] = endurance;
  return layers;
}

class Point {
 public:
  explicit Point(SweepPoint point) : values_(std::move(point.values)), study_(std::move(point.study)) {
    const auto root = study_.root();
    root.word("task", "train", {"infer", "train", "cost", "mvm"});
    for (const char* other : {"network", "calibration", "layer", "sweep", "mapping"}) root.ignore(other);
    if (root.has("layer")) root.complain("layer", "training has no per-layer overrides: leave [[layer]] out");
    settings_ = read_study_settings(study_);
    // A training that is asked what it costs must be buildable; others may have any bits.
    if (root.has("hardware")) design_ = hardware::read_design(study_, array::read_settings(study_));
    if (settings_.trials < 1) root.table("study").complain("trials", "a training needs at least one trial");
    training_ = training::read_training(study_);
  }
  void check() const { study_.finish(); }
  /// Points of a sweep go on from files of their own.
  void number_checkpoint(std::size_t number) {
    if (!training_.checkpoint.empty()) training_.checkpoint += fmt::format(".{}", number);
  }
  const StudySettings& settings() const { return settings_; }
  json run(const RunOptions& options, const std::string& prefix, bool& interrupted);

 private:
  void train_all(const RunOptions& options, const std::string& prefix, const training::Samples& train,
                 const training::Samples& test);
  core::Identity identity() const;

  json values_;
  core::Config study_;
  StudySettings settings_;
  training::TrainingStudy training_;
  std::optional<hardware::Design> design_;
  std::vector<std::unique_ptr<training::Trainer>> trainers_;
};

core::Identity Point::identity() const {
  return identity_of(study_,
                     {"data", "device", "array", "mapping", "input", "adc", "wires", "training", "study"});
}

void Point::train_all(const RunOptions& options, const std::string& prefix, const training::Samples& train,
                      const training::Samples& test) {
  std::size_t weights = 0;
  for (const auto& stage : trainers_.front()->report()) weights += stage.inputs * stage.outputs;
  const std::size_t trials = trainers_.size();
  const std::size_t count = train.labels.size(), all = trials * training_.options.epochs * count;

  std::mutex mutex;  // of progress and checkpoint
  std::vector<std::size_t> done(trials);
  std::vector<double> accuracy(trials, 0);
  std::vector<std::vector<std::uint8_t>> states(trials);
  auto saved = Clock::now();
  const auto save = [&] {
    if (training_.checkpoint.empty()) return;
    try {
      write_checkpoint(training_.checkpoint, identity(), states);
    } catch (const core::SystemFailure& failure) {
      if (options.warn)
        options.warn(fmt::format("{}; training goes on without a checkpoint", failure.what()));
      training_.checkpoint.clear();
    }
    saved = Clock::now();
  };
  for (std::size_t t = 0; t < trials; ++t) states[t] = trainers_[t]->state();

  const auto one = [&](std::size_t t) {
    training::Trainer& trainer = *trainers_[t];
    auto reported = Clock::now();
    trainer.run(
        train, test, [] { return core::interrupted(); },
        [&](std::size_t sample) {
          const auto now = Clock::now();
          if (now - reported < std::chrono::milliseconds(200)) return;
          reported = now;
          const std::lock_guard lock(mutex);
          done[t] = trainer.epochs().size() * count + sample;
          std::size_t sum = 0;
          for (const std::size_t d : done) sum += d;
          if (options.progress)
            options.progress(fmt::format("{}training (last accuracy {:.2f}%)", prefix, 100 * accuracy[t]),
                             sum, all);
          if (now - saved >= std::chrono::duration<double>(training_.checkpoint_every_s)) {
            states[t] = trainer.state();
            save();
          }
        },
        [&](const training::EpochResult& epoch) {
          const std::lock_guard lock(mutex);
          accuracy[t] = epoch.test_accuracy;
          done[t] = epoch.epoch * count;
          states[t] = trainer.state();
        });
    const std::lock_guard lock(mutex);
    states[t] = trainer.state();
    done[t] = trainer.epochs().size() * count;
    if (options.progress) {
      std::size_t sum = 0;
      for (const std::size_t d : done) sum += d;
      options.progress(fmt::format("{}training (last accuracy {:.2f}%)", prefix, 100 * accuracy[t]), sum,
                       all);
    }
  };
  if (weights < kSmallNetwork && trials > 1) {
    core::parallel_for(trials, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t t = begin; t < end; ++t) one(t);
    });
  } else {
    for (std::size_t t = 0; t < trials; ++t) one(t);
  }
  save();
}

json Point::run(const RunOptions& options, const std::string& prefix, bool& interrupted) {
  const auto start = Clock::now();
  training::ImageShape shape, test_shape;
  const auto train = training::load_samples(training_.train, training_.centred_inputs, shape);
  const auto test = training::load_samples(training_.test, training_.centred_inputs, test_shape);
  const auto data = study_.root().table("data");
  data.holds("images", train.images);
  data.holds("labels", train.classes);
  data.holds("test", test.images);
  data.holds("test_labels", test.classes);
  auto& input = training_.options.input;
  if (input.size() != shape.size() || test_shape.size() != shape.size()) {
    throw core::InvalidInput(fmt::format(
        "training.layers begins with {} inputs, but the images of {} have {} and those of {} {}",
        input.size(), training_.train.images, shape.size(), training_.test.images, test_shape.size()));
  }
  const std::size_t classes = training_.options.stages.back().size;
  for (const auto* samples : {&train, &test}) {
    for (const int label : samples->labels) {
      if (label < 0 || static_cast<std::size_t>(label) >= classes) {
        throw core::InvalidInput(
            fmt::format("{}: label {} for a network of {} classes",
                        samples == &train ? training_.train.images : training_.test.images, label, classes));
      }
    }
  }
  for (std::uint32_t t = 0; t < settings_.trials; ++t) {
    trainers_.push_back(std::make_unique<training::Trainer>(training_.options, settings_.seed, t));
  }
  if (!training_.checkpoint.empty() && std::filesystem::exists(training_.checkpoint)) {
    const auto states = read_checkpoint(training_.checkpoint, identity());
    if (states.size() != trainers_.size())
      throw core::InvalidInput(fmt::format("{}: has {} trials, the study {}", training_.checkpoint,
                                           states.size(), trainers_.size()));
    for (std::size_t t = 0; t < states.size(); ++t) trainers_[t]->restore(states[t]);
  }
  train_all(options, prefix, train, test);
  interrupted = interrupted || core::interrupted();

  json updates;
  json record;
  record["values"] = values_;
  record["epochs"] = epoch_records(trainers_);
  std::vector<double> last, best;
  for (const auto& trainer : trainers_) {
    if (trainer->epochs().size() < training_.options.epochs) continue;
    last.push_back(trainer->epochs().back().test_accuracy);
    best.push_back(0);
    for (const auto& epoch : trainer->epochs()) best.back() = std::max(best.back(), epoch.test_accuracy);
  }
  record["accuracy"] = {{"last_epoch", summary(last)}, {"best_epoch", summary(best)}};
  record["layers"] = layer_records(
      *trainers_.front(), training_.options.updater ? training_.options.updater->model().endurance_cycles : 0,
      updates);
  record["updates_per_cell"] = updates;
  if (design_ && !training_.options.numeric) {
    try {
      record["cost"] = training_cost_json(*design_, training_.options.array, *trainers_.front(),
                                          training_.options.epochs, train.labels.size());
    } catch (const core::InvalidInput& error) {
      if (options.warn) options.warn(fmt::format("no cost: {}", error.what()));
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  record["timing"] = {{"seconds", seconds},
                      {"seconds_per_epoch_and_trial",
                       seconds / static_cast<double>(training_.options.epochs * settings_.trials)},
                      {"train_samples", train.labels.size()},
                      {"test_samples", test.labels.size()}};
  record["identity"] = identity().text();
  record["study"] = study_.resolved();
  trainers_.clear();
  return record;
}

}  // namespace

nlohmann::ordered_json run_train(const core::Config& study, const RunOptions& options) {
  std::vector<Point> points;
  for (auto& point : sweep_points(study)) points.emplace_back(std::move(point));
  for (const auto& point : points) point.check();
  study.root().ignore("sweep");
  core::set_thread_count(options.threads > 0 ? options.threads : points.front().settings().threads);
  json document = document_head("train", study, points.front().settings().seed);
  bool interrupted = false;
  json records = json::array();
  for (std::size_t p = 0; p < points.size() && !interrupted; ++p) {
    const std::string prefix = points.size() > 1 ? fmt::format("point {} of {}: ", p + 1, points.size()) : "";
    if (points.size() > 1) points[p].number_checkpoint(p + 1);
    records.push_back(points[p].run(options, prefix, interrupted));
  }
  if (interrupted) document["interrupted"] = true;
  for (const auto& [key, value] : records.front().items()) {
    if (key != "values") document[key] = value;
  }
  if (points.size() > 1) document["points"] = records;
  return document;
}

}  // namespace mho::study
