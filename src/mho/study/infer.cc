#include "mho/study/infer.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "mho/array/mapping/settings.h"
#include "mho/core/error.h"
#include "mho/core/interrupt.h"
#include "mho/core/parallel.h"
#include "mho/hardware/design.h"
#include "mho/hardware/report.h"
#include "mho/network/data/dataset.h"
#include "mho/network/inference.h"
#include "mho/study/device_curve.h"
#include "mho/study/document.h"
#include "mho/study/identity.h"
#include "mho/study/settings.h"
#include "mho/study/store.h"
#include "mho/study/sweep.h"
#include "mho/study/trial_record.h"

namespace mho::study {

using json = nlohmann::ordered_json;
using network::Dataset;
using network::Evaluation;
using network::Inference;

namespace {

/// Images on which every layer is compared with float.
constexpr std::size_t kSnrImages = 64;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The card and its history: "sonos-40nm, 5 days, 100 krad".
std::string device_label(const nlohmann::json& device) {
  std::string out = std::filesystem::path(device.value("card", "")).stem().string();
  const auto number = [&](const char* key) {
    return device.contains(key) && device[key].is_number() ? device[key].get<double>() : 0;
  };
  if (number("time_s") > 0) out += ", " + duration_text(number("time_s"));
  if (number("dose_krad") > 0) out += fmt::format(", {:g} krad", number("dose_krad"));
  return out;
}

/// What points of a sweep share: data sets and networks that are open, and finished work.
class Shared {
 public:
  explicit Shared(const RunOptions& options) : options_(options), keeps_(!options.store.empty()) {}

  std::shared_ptr<const Dataset> dataset(const core::Config& study) {
    const auto settings = network::read_data_settings(study);
    return cached(settings, study.resolved()["data"].dump());
  }
  /// The calibration's own set, or `data` where it has none.
  std::shared_ptr<const Dataset> calibration_set(const core::Config& study, const Inference& inference,
                                                 std::shared_ptr<const Dataset> data) {
    const auto& calibration = inference.calibration_settings();
    if (calibration.images.empty()) return data;
    auto settings = network::read_data_settings(study);
    settings.images = calibration.images;
    settings.count = 0;
    settings.stride = 1;
    return cached(settings, calibration.images + study.resolved()["data"].dump());
  }

  std::shared_ptr<const network::Network> network(const std::string& model) const {
    const auto found = networks_.find(model);
    return found == networks_.end() ? nullptr : found->second;
  }
  void keep_network(const std::string& model, std::shared_ptr<const network::Network> loaded) {
    networks_[model] = std::move(loaded);
  }

  std::optional<json> find(const std::string& point, const std::string& kind, std::uint32_t trial) {
    const auto here = records_.find(point + kind);
    if (kind != "chip" && here != records_.end()) return here->second;
    return keeps_ ? store().find(point, kind, trial) : std::nullopt;
  }
  void keep(const std::string& point, const std::string& kind, std::uint32_t trial, const json& record) {
    if (kind != "chip") records_[point + kind] = record;
    guarded([&] { store().keep(point, kind, trial, record); });
  }
  void describe(const std::string& point, const std::string& label, const json& study) {
    guarded([&] { store().describe(point, label, study); });
  }

  const RunOptions& options() const { return options_; }

 private:
  std::shared_ptr<const Dataset> cached(const network::DataSettings& settings, const std::string& key) {
    auto& set = datasets_[key];
    if (!set) set = std::make_shared<const Dataset>(settings);
    return set;
  }
  /// Opened when it is first asked: a study with mistakes leaves no file.
  Store& store() {
    if (!store_) store_.emplace(options_.store);
    return *store_;
  }
  template <typename Write>
  void guarded(Write&& write) {
    if (!keeps_) return;
    try {
      write();
    } catch (const core::SystemFailure& failure) {
      keeps_ = false;
      if (options_.warn)
        options_.warn(fmt::format("{}; finished trials are no longer kept there", failure.what()));
    }
  }

  const RunOptions& options_;
  bool keeps_;
  std::optional<Store> store_;
  std::map<std::string, std::shared_ptr<const Dataset>> datasets_;
  std::map<std::string, std::shared_ptr<const network::Network>> networks_;
  std::map<std::string, json> records_;  // float and digital, by identity and kind
};

/// One point of the study: everything read and checked, nothing computed yet.
class Point {
 public:
  Point(SweepPoint point, Shared& shared) : values_(std::move(point.values)), study_(std::move(point.study)) {
    const auto root = study_.root();
    root.word("task", "infer", {"infer", "train", "cost", "mvm"});
    for (const char* other : {"training", "sweep"}) root.ignore(other);
    settings_ = read_study_settings(study_);
    const std::string model = root.table("network").text("model", "");
    data_ = network::read_data_settings(study_);
    inference_ = std::make_unique<Inference>(study_, shared.network(model));
    design_ = hardware::read_design(study_, array::read_settings(study_));
  }

  const StudySettings& settings() const { return settings_; }

  /// Throws everything that is wrong with the study; opens the data.
  void check(Shared& shared) {
    study_.finish();
    shared.keep_network(study_.resolved()["network"].value("model", ""), inference_->network());
    images_ = shared.dataset(study_);
    if (images_->has_labels()) images_->check_labels(inference_->outputs());
    const auto data = study_.root().table("data"), calibration = study_.root().table("calibration");
    data.holds("images", images_->images_digest());
    data.holds("labels", images_->labels_digest());
    const auto& settings = inference_->calibration_settings();
    if (!settings.images.empty()) {
      calibration.holds("images",
                        shared.calibration_set(study_, *inference_, images_)->images_digest(settings.count));
    }
    if (inference_->layers().empty()) {
      throw core::InvalidInput(
          fmt::format("{}: has no layer with weights (Conv, Gemm, MatMul, ConvTranspose, LSTM, GRU, RNN): "
                      "nothing can lie on "
                      "arrays",
                      study_.resolved()["network"].value("model", "")));
    }
  }

  json run(Shared& shared, const std::string& prefix);

 private:
  std::string identity(const std::vector<std::string>& sections) const {
    return identity_of(study_, sections).text();
  }
  json computed(Shared& shared, const std::string& kind, const std::string& point, std::uint32_t trial,
                const std::function<Evaluation(const network::EvaluationOptions&)>& evaluate,
                const std::string& prefix);
  void calibrate(Shared& shared, const std::string& prefix);
  json analog_part(Shared& shared, const std::string& prefix, json& timing, std::vector<json>& records);

  json values_;
  core::Config study_;
  StudySettings settings_;
  network::DataSettings data_;
  std::unique_ptr<Inference> inference_;
  hardware::Design design_;
  std::shared_ptr<const Dataset> images_;
  bool calibrated_ = false;
  double calibration_s_ = 0;
};

void Point::calibrate(Shared& shared, const std::string& prefix) {
  if (calibrated_) return;
  const auto start = std::chrono::steady_clock::now();
  const auto& progress = shared.options().progress;
  inference_->calibrate(*shared.calibration_set(study_, *inference_, images_),
                        [&](std::size_t done, std::size_t total) {
                          if (progress) progress(prefix + "calibrating", done, total);
                        });
  calibration_s_ = seconds_since(start);
  calibrated_ = true;
}

/// The record of one evaluation, from the store where it is there; null after an interruption.
json Point::computed(Shared& shared, const std::string& kind, const std::string& point, std::uint32_t trial,
                     const std::function<Evaluation(const network::EvaluationOptions&)>& evaluate,
                     const std::string& prefix) {
  if (auto found = shared.find(point, kind, trial)) return *found;
  if (core::interrupted()) return nullptr;
  if (kind != "float") calibrate(shared, prefix);
  network::EvaluationOptions options;
  if (kind != "float") options.snr_images = kSnrImages;
  options.progress = [&](std::size_t done, std::size_t total) {
    if (shared.options().progress) {
      shared.options().progress(
          prefix + (kind == "chip" ? fmt::format("chip {} of {}", trial + 1, settings_.trials) : kind), done,
          total);
    }
  };
  const auto start = std::chrono::steady_clock::now();
  const Evaluation evaluation = evaluate(options);
  if (evaluation.interrupted) return nullptr;
  json record = trial_record(evaluation);
  record["wall_s"] = seconds_since(start);
  shared.keep(point, kind, trial, record);
  return record;
}

json Point::analog_part(Shared& shared, const std::string& prefix, json& timing, std::vector<json>& records) {
  const auto name = identity({"network", "data", "calibration", "device", "array", "mapping", "input", "adc",
                              "wires", "layer", "study"});
  shared.describe(name, label_of(values_), json(study_.resolved()));
  const bool all_alike = inference_->is_deterministic();
  const std::uint32_t needed = all_alike ? std::min(settings_.trials, 1U) : settings_.trials;
  double programming_s = 0, analog_s = 0;
  for (std::uint32_t trial = 0; trial < needed; ++trial) {
    double programmed_in = 0;
    json record = computed(
        shared, "chip", name, trial,
        [&](const network::EvaluationOptions& options) {
          const auto start = std::chrono::steady_clock::now();
          const auto chip = inference_->program(settings_.seed, trial);
          programmed_in = seconds_since(start);
          return inference_->evaluate(*chip, *images_, options);
        },
        prefix);
    if (record.is_null()) break;
    programming_s += programmed_in;
    analog_s += record.value("seconds", 0.0);
    records.push_back(std::move(record));
  }
  timing["programming_s"] = programming_s;
  timing["analog_s"] = analog_s;
  if (analog_s > 0) timing["images_per_s"] = static_cast<double>(records.size() * images_->size()) / analog_s;
  if (records.empty()) return nullptr;
  return metrics_of(records, all_alike ? settings_.trials : 0);
}

json Point::run(Shared& shared, const std::string& prefix) {
  json out, timing;
  const auto start = std::chrono::steady_clock::now();
  if (!values_.empty()) out["values"] = values_;
  out["label"] = values_.empty() ? device_label(study_.resolved()["device"]) : label_of(values_);
  out["data"] = {{"source", data_.images}, {"images", images_->size()}};
  out["network"] = network_summary(*inference_, study_.resolved()["network"].value("model", ""));

  const auto plain = computed(
      shared, "float", identity({"network", "data"}), 0,
      [&](const auto& options) { return inference_->evaluate(network::Mode::float32, *images_, options); },
      prefix);
  if (!plain.is_null()) out["float"] = metrics_of(plain);
  timing["float_s"] = plain.is_null() ? 0 : plain.value("seconds", 0.0);

  const auto digital = computed(
      shared, "digital", identity({"network", "data", "calibration", "mapping", "input", "layer"}), 0,
      [&](const auto& options) { return inference_->evaluate(network::Mode::digital, *images_, options); },
      prefix);
  if (!digital.is_null()) out["digital"] = metrics_of(digital);
  timing["digital_s"] = digital.is_null() ? 0 : digital.value("seconds", 0.0);

  std::vector<json> records;
  if (settings_.trials > 0) {
    const json analog = analog_part(shared, prefix, timing, records);
    if (!analog.is_null()) out["analog"] = analog;
    out["device"] = json(device_curve(inference_->settings(0).cell));
    out["device"]["label"] = device_label(study_.resolved()["device"]);
  }
  out["trials_finished"] =
      inference_->is_deterministic() && !records.empty() ? settings_.trials : records.size();
  out["layers"] = layers_of(*inference_, records);
  try {
    out["cost"] = json(hardware::cost_json(design_, shapes_of(*inference_)));
  } catch (const core::InvalidInput& error) {
    if (shared.options().warn) shared.options().warn(fmt::format("no cost: {}", error.what()));
  }
  out["identity"] = identity({"network", "data", "calibration", "device", "array", "mapping", "input", "adc",
                              "wires", "layer", "hardware", "study"});
  timing["calibration_s"] = calibration_s_;
  timing["wall_s"] = seconds_since(start);
  timing["threads"] = core::thread_count();
  out["timing"] = timing;
  out["study"] = json(study_.resolved());
  return out;
}

}  // namespace

json run_infer(const core::Config& study, const RunOptions& options) {
  Shared shared(options);
  auto points = sweep_points(study);
  if (points.size() > 1) {  // else the only point is the study, and answers for itself
    for (const auto& point : points) Point(point, shared).check(shared);
  }

  json out;
  std::vector<json> results;
  for (std::size_t i = 0; i < points.size() && !core::interrupted(); ++i) {
    Point point(points[i], shared);
    point.check(shared);
    if (i == 0) {
      if (options.threads == 0 && point.settings().threads > 0)
        core::set_thread_count(point.settings().threads);
      out = document_head("infer", study, point.settings().seed);
    }
    results.push_back(
        point.run(shared, points.size() > 1 ? fmt::format("{}/{} ", i + 1, points.size()) : ""));
  }
  if (core::interrupted()) out["interrupted"] = true;
  if (results.empty()) return out;
  if (points.size() == 1) {
    out.update(results.front());
    return out;
  }
  out["study"] = results.front()["study"];
  out["study"]["sweep"] = json(study.root().any("sweep", nullptr));
  out["points"] = results;
  return out;
}

}  // namespace mho::study
