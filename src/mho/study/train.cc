#include "mho/study/train.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>

#include "mho/array/mapping/chip_cells.h"
#include "mho/array/mapping/settings.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/interrupt.h"
#include "mho/hardware/design.h"
#include "mho/network/data/dataset.h"
#include "mho/network/onnx/onnx_writer.h"
#include "mho/study/identity.h"
#include "mho/study/keys.h"
#include "mho/study/saved.h"
#include "mho/study/train_cost.h"
#include "mho/study/train_record.h"
#include "mho/study/trial_states.h"
#include "mho/training/learned_network.h"
#include "mho/training/read_study.h"

namespace mho::study {

using json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

namespace {

/// Below this many weights a network is trained on one thread, several trials at once.
constexpr std::size_t kSmallNetwork = 1 << 16;

/// The two sets of a training, in memory.
struct SampleSets {
  training::Samples train, test;
  training::Centring centring;  ///< of the training set, which both were centred by; else it changes nothing
};

/// What points of a study share: data sets that are open, and the last one's samples.
class Shared {
 public:
  std::shared_ptr<const network::Dataset> dataset(const network::DataSettings& settings,
                                                  const std::string& key) {
    auto& set = datasets_[key];
    if (!set) set = std::make_shared<const network::Dataset>(settings);
    return set;
  }
  std::shared_ptr<const SampleSets> samples(const std::string& key, const network::Dataset& train,
                                            const network::Dataset& test, bool centred) {
    if (samples_ && key == samples_key_) return samples_;
    samples_.reset();  // not two of them in memory
    auto sets = std::make_shared<SampleSets>(
        SampleSets{training::load_samples(train), training::load_samples(test), {}});
    if (centred) {
      sets->centring = training::centring_of(sets->train, train.source());
      for (auto* samples : {&sets->train, &sets->test}) training::centre(*samples, sets->centring);
    }
    samples_ = std::move(sets);
    samples_key_ = key;
    return samples_;
  }

 private:
  std::map<std::string, std::shared_ptr<const network::Dataset>> datasets_;
  std::string samples_key_;
  std::shared_ptr<const SampleSets> samples_;
};

class TrainPoint : public Point {
 public:
  TrainPoint(core::Config& study, std::size_t number, Shared& shared);

  const StudySettings& settings() const override { return settings_; }
  void check() override;
  core::Identity identity() const override;
  std::vector<Piece> pieces(const Work& done) const override;
  void prepare(std::span<const Piece> unfinished, const Reporting& reporting) override;
  bool side_by_side() const override { return weights_ < kSmallNetwork && settings_.trials > 1; }
  Record run(const Piece& piece, const Reporting& reporting) override;
  json summarize(const Work& work, const Reporting& reporting) override;

 private:
  void check_set(const network::Dataset& set, const std::string& name) const;
  core::Identity of_the_training() const;  ///< of one trial, whatever it costs
  void report_progress(std::uint32_t trial, std::size_t samples, const Reporting& reporting);
  json timing(const Work& work) const;
  /// The first trial leaves files behind, so that its record alone is not enough.
  bool keeps_first() const { return !network_file_.empty() || !chip_file_.empty(); }
  void save_first(const Work& work);

  Shared& shared_;
  core::Config study_;
  StudySettings settings_;
  training::TrainingStudy training_;
  std::optional<hardware::Design> design_;
  std::shared_ptr<const network::Dataset> train_set_, test_set_;
  std::shared_ptr<const SampleSets> samples_;
  std::size_t weights_ = 0;
  std::string network_file_, chip_file_;  ///< where the first trial's are kept; "": nowhere

  std::mutex mutex_;  // of all that follows
  std::map<std::uint32_t, std::unique_ptr<training::Trainer>> trainers_;
  std::optional<TrialStates> states_;
  std::vector<std::size_t> done_;  // samples of every trial
  std::vector<double> accuracy_;   // of every trial's last epoch
};

TrainPoint::TrainPoint(core::Config& study, std::size_t number, Shared& shared)
    : shared_(shared), study_(study) {
  const auto root = study.root();
  settings_ = read_study_settings(study);
  if (settings_.trials < 1) root.table("study").complain("trials", "a training needs at least one trial");
  training_ = training::read_training(study);
  // A training that is asked what it costs must be buildable; others may have any bits.
  if (root.has("hardware")) design_ = hardware::read_design(study, training_.options.cells.reading);
  network_file_ = saved_path(study, keys::save_network, number);
  chip_file_ = saved_path(study, keys::save_chip, number);
  if (!chip_file_.empty() && training_.options.numeric)
    root.table("study").complain("save_chip", "needs cells, and training.numeric = true trains none");
  if (number > 0 && !training_.checkpoint.empty()) training_.checkpoint += fmt::format(".{}", number);
  if (const auto why = core::why_not_writable(training_.checkpoint); !why.empty())
    root.table("training").complain("checkpoint", why);
}

void TrainPoint::check_set(const network::Dataset& set, const std::string& name) const {
  if (!set.has_labels())
    throw core::InvalidInput(fmt::format("{}: has no labels to train with", set.source()));
  const std::size_t classes = training_.options.stages.back().size;
  for (const int label : set.labels()) {
    if (static_cast<std::size_t>(label) >= classes)
      throw core::InvalidInput(fmt::format("{}: label {} for a network of {} classes", name, label, classes));
  }
}

void TrainPoint::check() {
  const std::string key = study_.resolved()["data"].dump();
  train_set_ = shared_.dataset(training_.train, key);
  test_set_ = shared_.dataset(training_.test, key + " test");
  const std::size_t inputs = training_.options.input.size();
  if (train_set_->image_size() != inputs || test_set_->image_size() != inputs) {
    throw core::InvalidInput(fmt::format(
        "training.layers begins with {} inputs, but the images of {} have {} and those of {} {}", inputs,
        training_.train.images, train_set_->image_size(), training_.test.images, test_set_->image_size()));
  }
  check_set(*train_set_, training_.train.images);
  check_set(*test_set_, training_.test.images);
  const auto data = study_.root().table("data");
  data.holds("images", train_set_->images_digest());
  data.holds("labels", train_set_->labels_digest());
  data.holds("test", test_set_->images_digest());
  data.holds("test_labels", test_set_->labels_digest());
  states_.emplace(training_.checkpoint, of_the_training(), settings_.trials, training_.checkpoint_every_s);
  training::Trainer first(training_.options, settings_.seed, 0);  // throws what is wrong with the layers
  for (const auto& stage : first.report()) weights_ += stage.inputs * stage.outputs;
}

core::Identity TrainPoint::of_the_training() const {
  return identity().without({"hardware", "study.trials"});
}

core::Identity TrainPoint::identity() const { return identity_of(study_, "train"); }

std::vector<Piece> TrainPoint::pieces(const Work& done) const {
  if (!done.records.empty()) return {};
  std::vector<Piece> out;
  const std::string name = of_the_training().text();
  for (std::uint32_t trial = 0; trial < settings_.trials; ++trial)
    out.push_back({.kind = "training", .trial = trial, .identity = trial == 0 && keeps_first() ? "" : name});
  return out;
}

void TrainPoint::prepare(std::span<const Piece> unfinished, const Reporting& /*reporting*/) {
  samples_ =
      shared_.samples(study_.resolved()["data"].dump() + (training_.centred_inputs ? "centred" : "as-is"),
                      *train_set_, *test_set_, training_.centred_inputs);
  const auto& pixels = samples_->train.x.elements;
  training_.options.negative_inputs =
      std::any_of(pixels.begin(), pixels.end(), [](float x) { return x < 0; });
  const std::size_t count = samples_->train.labels.size();
  done_.assign(settings_.trials, training_.options.epochs * count);
  accuracy_.assign(settings_.trials, 0);
  for (const auto& piece : unfinished) {
    auto trainer = std::make_unique<training::Trainer>(training_.options, settings_.seed, piece.trial);
    if (const auto& state = states_->of(piece.trial); !state.empty()) trainer->restore(state);
    states_->update(piece.trial, trainer->state());
    done_[piece.trial] = trainer->epochs().size() * count;
    trainers_[piece.trial] = std::move(trainer);
  }
}

/// As it is after the last epoch and what the study has cells go through then.
array::Chip chip_of(training::Trainer& trainer, bool ages) {
  array::Chip chip;
  for (const auto& stage : ages ? trainer.aged() : trainer.programmed()) {
    chip.origin = array::chip_origin(*stage.matrix);
    chip.matrices[stage.name] = array::chip_matrix(*stage.matrix);
  }
  return chip;
}

/// With the lock held.
void TrainPoint::report_progress(std::uint32_t trial, std::size_t samples, const Reporting& reporting) {
  done_[trial] = samples;
  if (!reporting.progress) return;
  std::size_t sum = 0;
  for (const std::size_t d : done_) sum += d;
  reporting.progress(fmt::format("training (last accuracy {:.2f}%)", 100 * accuracy_[trial]), sum,
                     settings_.trials * training_.options.epochs * samples_->train.labels.size());
}

Record TrainPoint::run(const Piece& piece, const Reporting& reporting) {
  const std::uint32_t trial = piece.trial;
  training::Trainer& trainer = *trainers_.at(trial);
  const std::size_t count = samples_->train.labels.size();
  const auto start = Clock::now();
  auto reported = start;
  const bool finished = trainer.run(
      samples_->train, samples_->test, [] { return core::interrupted(); },
      [&](std::size_t sample) {
        const auto now = Clock::now();
        if (now - reported < std::chrono::milliseconds(200)) return;
        reported = now;
        const std::lock_guard lock(mutex_);
        report_progress(trial, trainer.epochs().size() * count + sample, reporting);
        if (states_->due()) {
          states_->update(trial, trainer.state());
          states_->save(reporting.warn);
        }
      },
      [&](const training::EpochResult& epoch) {
        const std::lock_guard lock(mutex_);
        accuracy_[trial] = epoch.test_accuracy;
        done_[trial] = epoch.epoch * count;
        states_->update(trial, trainer.state());
      });
  Record record{.piece = piece, .values = training_record(trainer, trial == 0), .finished = finished};
  if (finished && training_.options.aged && !training_.options.numeric)
    record.values["aged_accuracy"] = trainer.accuracy(samples_->test, trainer.aged());
  record.values["seconds"] = std::chrono::duration<double>(Clock::now() - start).count();
  const std::lock_guard lock(mutex_);
  states_->update(trial, trainer.state());
  report_progress(trial, trainer.epochs().size() * count, reporting);
  return record;
}

json TrainPoint::timing(const Work& work) const {
  std::size_t here = 0;
  for (const auto& record : work.records) here += record.found ? 0 : 1;
  json out{{"seconds", work.seconds}};
  out["seconds_per_epoch_and_trial"] =
      here > 0 ? json(work.seconds / static_cast<double>(training_.options.epochs * here)) : json();
  out["train_samples"] = train_set_->size();
  out["test_samples"] = test_set_->size();
  return out;
}

void TrainPoint::save_first(const Work& work) {
  const auto* const first = first_of(work, "training");
  if (first == nullptr || first->piece.trial != 0 || !first->finished) return;
  training::Trainer& trainer = *trainers_.at(0);
  if (!network_file_.empty()) {
    network::write_onnx(
        network_file_,
        training::learned_network(training_.options, trainer.learned(), train_set_->shape(),
                                  training::with_centring(training_.train.preprocess, samples_->centring)));
  }
  if (!chip_file_.empty()) {
    save_chip(chip_file_, chip_of(trainer, training_.options.aged.has_value()), study_, identity().text());
  }
}

json TrainPoint::summarize(const Work& work, const Reporting& reporting) {
  if (!trainers_.empty()) states_->save(reporting.warn);
  if (core::interrupted() && !training_.checkpoint.empty() && reporting.warn)
    reporting.warn(fmt::format("{}: the same command goes on from this checkpoint", training_.checkpoint));
  if (keeps_first()) save_first(work);
  trainers_.clear();
  const auto trials = all_of(work, "training");
  json out;
  out["epochs"] = epochs_of(trials);
  out["accuracy"] = accuracy_of(trials, training_.options.epochs);
  if (training_.options.aged && !training_.options.numeric) out["aged"] = aged_of(trials);
  const bool has_stages = !trials.empty() && trials.front().contains("stages");
  const json stages = has_stages ? trials.front()["stages"] : json::array();
  const auto& updater = training_.options.updater;
  out["layers"] = trained_layers(stages);
  out["updates_per_cell"] = updates_of(stages, updater ? updater->model().endurance_cycles : 0);
  if (design_ && !training_.options.numeric && has_stages) {
    try {
      out["cost"] = training_cost_json(*design_, training_.options.cells.reading.cell.g_on_s(), stages,
                                       training_.options.epochs, train_set_->size());
    } catch (const core::InvalidInput& error) {
      if (reporting.warn) reporting.warn(fmt::format("no cost: {}", error.what()));
    }
  }
  out["timing"] = timing(work);
  return out;
}

class Train : public Task {
 public:
  std::string_view name() const override { return "train"; }
  std::string_view unit() const override { return "samples"; }
  bool shows_first_point() const override { return true; }
  std::unique_ptr<Point> read(core::Config& study, std::size_t number) override {
    return std::make_unique<TrainPoint>(study, number, shared_);
  }

 private:
  Shared shared_;
};

}  // namespace

std::unique_ptr<Task> make_train() { return std::make_unique<Train>(); }

}  // namespace mho::study
