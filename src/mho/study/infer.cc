#include "mho/study/infer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>

#include "mho/core/error.h"
#include "mho/core/parallel.h"
#include "mho/device/keys.h"
#include "mho/hardware/report.h"
#include "mho/network/data/dataset.h"
#include "mho/network/inference.h"
#include "mho/network/layers/network.h"
#include "mho/study/device_curve.h"
#include "mho/study/identity.h"
#include "mho/study/keys.h"
#include "mho/study/saved.h"
#include "mho/study/sweep.h"
#include "mho/study/trial_record.h"

namespace mho::study {

using json = nlohmann::ordered_json;
using network::Dataset;
using network::Inference;

namespace {

/// Images on which every layer is compared with float.
constexpr std::size_t kSnrImages = 64;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The card and its history: "sonos-40nm, 5 days, 100 krad".
std::string device_label(const nlohmann::json& given) {
  const nlohmann::json device = given.is_object() ? given : nlohmann::json::object();
  const std::string card = device.value("card", std::string(device::keys::card.fallback));
  std::string out = std::filesystem::path(card).stem().string();
  const auto number = [&](const char* key) {
    return device.contains(key) && device[key].is_number() ? device[key].get<double>() : 0;
  };
  if (number("time_s") > 0) out += ", " + duration_text(number("time_s"));
  if (number("dose_krad") > 0) out += fmt::format(", {:g} krad", number("dose_krad"));
  return out;
}

/// Data sets that points of a study share.
class Shared {
 public:
  std::shared_ptr<const Dataset> dataset(const core::Config& study, const network::DataSettings& settings) {
    return cached(settings, study.resolved()["data"].dump());
  }
  /// The calibration's own set, or `data` where it has none.
  std::shared_ptr<const Dataset> calibration_set(const core::Config& study, const Inference& inference,
                                                 std::shared_ptr<const Dataset> data) {
    const auto& calibration = inference.calibration_settings();
    if (calibration.images.empty()) return data;
    auto settings = network::read_data_settings(study, inference.network()->graph().metadata);
    settings.images = calibration.images;
    settings.study = study.root().table("calibration").file_of("images");
    settings.count = 0;
    settings.stride = 1;
    return cached(settings, calibration.images + study.resolved()["data"].dump());
  }

  /// A file of ranges that one point is to write and others are to read. Throws InvalidInput, with what
  /// differs, where it can't hold the ranges of all.
  void share_calibration(const std::string& file, const core::Identity& ranges) {
    const auto [first, is_new] = calibrations_.emplace(file, ranges);
    if (const auto why = ranges.differences_from(first->second); !is_new && !why.empty()) {
      throw core::InvalidInput(fmt::format(
          "calibration.file = {}: points of the sweep have other ranges ({}), and a file holds those of "
          "one: leave it out, and each point calibrates for itself",
          file, why));
    }
  }

 private:
  std::shared_ptr<const Dataset> cached(const network::DataSettings& settings, const std::string& key) {
    auto& set = datasets_[key];
    if (!set) set = std::make_shared<const Dataset>(settings);
    return set;
  }

  std::map<std::string, std::shared_ptr<const Dataset>> datasets_;
  std::map<std::string, core::Identity> calibrations_;
};

class InferPoint : public Point {
 public:
  InferPoint(core::Config& study, std::size_t number, Shared& shared) : shared_(shared), study_(study) {
    settings_ = read_study_settings(study);
    inference_ = Inference::read(study);
    data_ = inference_ ? network::read_data_settings(study, inference_->network()->graph().metadata)
                       : network::read_data_settings(study);
    chip_file_ = saved_path(study, keys::save_chip, number);
    if (!chip_file_.empty() && settings_.trials == 0)
      study.root().table("study").complain("save_chip", "needs a chip: trials must be at least 1");
  }

  const StudySettings& settings() const override { return settings_; }
  void check() override;
  core::Identity identity() const override;
  std::vector<Piece> pieces(const Work& done) const override;
  void prepare(std::span<const Piece> unfinished, const Reporting& reporting) override;
  Record run(const Piece& piece, const Reporting& reporting) override;
  json summarize(const Work& work, const Reporting& reporting) override;

 private:
  std::string model() const { return study_.resolved()["network"].value("model", ""); }
  json timing(const Work& work) const;
  void calibrate(const Reporting& reporting);

  Shared& shared_;
  core::Config study_;
  StudySettings settings_;
  network::DataSettings data_;
  std::optional<Inference> inference_;
  std::shared_ptr<const Dataset> images_;
  std::string chip_file_;  ///< where the first chip is kept; "": nowhere
  bool calibrated_ = false;
  double calibration_s_ = 0;
};

void InferPoint::check() {
  images_ = shared_.dataset(study_, data_);
  if (images_->has_labels()) images_->check_labels(inference_->outputs());
  const auto data = study_.root().table("data"), calibration = study_.root().table("calibration");
  data.holds("images", images_->images_digest());
  data.holds("labels", images_->labels_digest());
  const auto& settings = inference_->calibration_settings();
  if (!settings.images.empty()) {
    calibration.holds("images",
                      shared_.calibration_set(study_, *inference_, images_)->images_digest(settings.count));
  }
  if (inference_->layers().empty()) {
    throw core::InvalidInput(
        fmt::format("{}: has no layer with weights (Conv, Gemm, MatMul, ConvTranspose, LSTM, GRU, RNN): "
                    "nothing can lie on arrays",
                    model()));
  }
  // A file of ranges that is there is read now, so that one of something else is refused before all work.
  if (settings.file.empty()) return;
  const auto set = shared_.calibration_set(study_, *inference_, images_);
  shared_.share_calibration(settings.file, inference_->identity_of_ranges(*set));
  if (std::filesystem::exists(settings.file)) inference_->calibrate(*set);
}

core::Identity InferPoint::identity() const { return identity_of(study_, "infer"); }

std::vector<Piece> InferPoint::pieces(const Work& done) const {
  if (!done.records.empty()) return {};
  const auto all = identity();
  const auto floats = all.only({"network", "data"}),
             digital = all.only({"network", "data", "calibration", "mapping", "input"});
  std::vector<Piece> out{{.kind = "float", .trial = 0, .identity = floats.text(), .is_common = true},
                         {.kind = "digital", .trial = 0, .identity = digital.text(), .is_common = true}};
  const std::string chips = all.without({"hardware", "study.trials"}).text();
  // Chips without randomness are all alike: one of them is enough.
  const std::uint32_t count =
      inference_->is_deterministic() ? std::min(settings_.trials, 1U) : settings_.trials;
  for (std::uint32_t trial = 0; trial < count; ++trial)
    out.push_back({.kind = "chip", .trial = trial, .identity = chips});
  return out;
}

void InferPoint::prepare(std::span<const Piece> unfinished, const Reporting& reporting) {
  if (std::all_of(unfinished.begin(), unfinished.end(), [](const Piece& p) { return p.kind == "float"; }))
    return;
  calibrate(reporting);
}

void InferPoint::calibrate(const Reporting& reporting) {
  if (calibrated_) return;
  const auto start = std::chrono::steady_clock::now();
  inference_->calibrate(*shared_.calibration_set(study_, *inference_, images_),
                        [&](std::size_t done, std::size_t total) {
                          if (reporting.progress) reporting.progress("calibrating", done, total);
                        });
  calibration_s_ = seconds_since(start);
  calibrated_ = true;
}

Record InferPoint::run(const Piece& piece, const Reporting& reporting) {
  const bool chip = piece.kind == "chip";
  const std::string what =
      chip ? fmt::format("chip {} of {}", piece.trial + 1, settings_.trials) : piece.kind;
  network::EvaluationOptions options;
  if (piece.kind != "float") options.snr_images = kSnrImages;
  options.progress = [&](std::size_t done, std::size_t total) {
    if (reporting.progress) reporting.progress(what, done, total);
  };
  const auto start = std::chrono::steady_clock::now();
  network::Evaluation evaluation;
  double programming_s = 0;
  if (chip) {
    const auto programmed = inference_->program(settings_.seed, piece.trial);
    programming_s = seconds_since(start);
    evaluation = inference_->evaluate(*programmed, *images_, options);
  } else {
    const auto mode = piece.kind == "float" ? network::Mode::float32 : network::Mode::digital;
    evaluation = inference_->evaluate(mode, *images_, options);
  }
  if (evaluation.interrupted) return {.piece = piece, .finished = false};
  Record record{.piece = piece, .values = trial_record(evaluation)};
  if (chip) record.values["programming_s"] = programming_s;
  record.values["wall_s"] = seconds_since(start);
  return record;
}

json InferPoint::timing(const Work& work) const {
  json out{{"float_s", 0}, {"digital_s", 0}};
  for (const char* kind : {"float", "digital"}) {
    if (const auto* record = first_of(work, kind))
      out[fmt::format("{}_s", kind)] = record->values.value("seconds", 0.0);
  }
  if (settings_.trials > 0) {
    double programming_s = 0, analog_s = 0;
    std::size_t chips = 0;
    for (const auto& record : work.records) {
      if (record.piece.kind != "chip") continue;
      if (!record.found) programming_s += record.values.value("programming_s", 0.0);
      analog_s += record.values.value("seconds", 0.0);
      ++chips;
    }
    out["programming_s"] = programming_s;
    out["analog_s"] = analog_s;
    if (analog_s > 0) out["images_per_s"] = static_cast<double>(chips * images_->size()) / analog_s;
  }
  out["calibration_s"] = calibration_s_;
  out["wall_s"] = work.seconds;
  out["threads"] = core::thread_count();
  return out;
}

json InferPoint::summarize(const Work& work, const Reporting& reporting) {
  json out;
  out["label"] = device_label(study_.resolved()["device"]);
  out["data"] = {{"source", data_.images}, {"images", images_->size()}};
  out["network"] = network_summary(*inference_, model());
  for (const char* mode : {"float", "digital"}) {
    if (const auto* record = first_of(work, mode)) out[mode] = metrics_of(record->values);
  }
  const auto chips = all_of(work, "chip");
  if (settings_.trials > 0) {
    if (!chips.empty())
      out["analog"] = metrics_of(chips, inference_->is_deterministic() ? settings_.trials : 0);
    out["device"] = json(device_curve(inference_->settings(0).cell));
    out["device"]["label"] = out["label"];
  }
  out["trials_finished"] = inference_->is_deterministic() && !chips.empty() ? settings_.trials : chips.size();
  out["layers"] = layers_of(*inference_, chips);
  try {
    const auto* digital = first_of(work, "digital");
    out["cost"] = json(hardware::cost_json(inference_->design(),
                                           shapes_of(*inference_, digital ? digital->values : json())));
  } catch (const core::InvalidInput& error) {
    if (reporting.warn) reporting.warn(fmt::format("no cost: {}", error.what()));
  }
  if (!chip_file_.empty() && !chips.empty()) {
    calibrate(reporting);  // where all records were found
    save_chip(chip_file_, inference_->kept(settings_.seed, 0), study_, identity().text());
  }
  out["timing"] = timing(work);
  return out;
}

class Infer : public Task {
 public:
  std::string_view name() const override { return "infer"; }
  std::string_view unit() const override { return "images"; }
  std::unique_ptr<Point> read(core::Config& study, std::size_t number) override {
    return std::make_unique<InferPoint>(study, number, shared_);
  }

 private:
  Shared shared_;
};

}  // namespace

std::unique_ptr<Task> make_infer() { return std::make_unique<Infer>(); }

}  // namespace mho::study
