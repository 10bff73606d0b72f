#include "mho/study/train_record.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "mho/study/statistics.h"

namespace mho::study {

using json = nlohmann::ordered_json;

namespace {

constexpr std::size_t kHistogramBins = 50;

/// NaN, which a record keeps as null, as NaN again.
double number(const json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

json summary(std::span<const double> values) {
  if (values.empty()) return nullptr;
  const Estimate e = estimate(values);
  return {{"mean", e.mean}, {"std", e.std}, {"ci95", {e.ci_lo, e.ci_hi}}, {"trials", e.trials}};
}

json histogram(std::span<const float> values) {
  if (values.empty()) return nullptr;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double lo = *least, hi = *most > *least ? *most : *least + 1;
  std::vector<std::size_t> counts(kHistogramBins);
  for (const float v : values)
    ++counts[std::min(kHistogramBins - 1, static_cast<std::size_t>((v - lo) / (hi - lo) * kHistogramBins))];
  return {{"from_s", lo}, {"to_s", hi}, {"counts", counts}};
}

json stage_record(const training::StageReport& stage) {
  json out{{"name", stage.name},
           {"convolution", stage.convolution},
           {"rows", stage.inputs},
           {"columns", stage.outputs},
           {"vectors", stage.vectors},
           {"fresh_inputs", stage.fresh_inputs},
           {"bytes_per_weight", stage.bytes_per_weight},
           {"updates", stage.count.updates},
           {"updates_per_cell_mean", stage.count.updates_per_cell_mean},
           {"updates_per_cell_max", stage.count.updates_per_cell_max},
           {"pulses_per_cell", stage.count.pulses_per_cell_mean},
           {"mean_input", stage.count.mean_input},
           {"refreshes", stage.count.refreshes},
           {"conductances", histogram(stage.conductances_s)}};
  if (!stage.conductances_s.empty()) {
    const double sum = std::accumulate(stage.conductances_s.begin(), stage.conductances_s.end(), 0.0);
    out["mean_conductance_s"] = sum / static_cast<double>(stage.conductances_s.size());
  }
  return out;
}

}  // namespace

json training_record(training::Trainer& trainer, bool with_stages) {
  json out{{"epochs", json::array()}};
  for (const auto& epoch : trainer.epochs()) {
    out["epochs"].push_back({{"epoch", epoch.epoch},
                             {"learning_rate", epoch.learning_rate},
                             {"train_loss", epoch.train_loss},
                             {"test_accuracy", epoch.test_accuracy}});
  }
  if (!with_stages) return out;
  out["stages"] = json::array();
  for (const auto& stage : trainer.report()) out["stages"].push_back(stage_record(stage));
  return out;
}

json epochs_of(std::span<const json> records) {
  json out = json::array();
  for (std::size_t e = 0;; ++e) {
    std::vector<double> loss, accuracy;
    json rate;
    for (const auto& record : records) {
      if (e >= record["epochs"].size()) continue;
      const auto& epoch = record["epochs"][e];
      rate = epoch["learning_rate"];
      loss.push_back(number(epoch["train_loss"]));
      accuracy.push_back(epoch["test_accuracy"].get<double>());
    }
    if (accuracy.empty()) return out;
    const Estimate mean_loss = estimate(loss), mean_accuracy = estimate(accuracy);
    out.push_back({{"epoch", e + 1},
                   {"learning_rate", rate},
                   {"train_loss", mean_loss.mean},
                   {"test_accuracy", mean_accuracy.mean},
                   {"test_accuracy_std", mean_accuracy.std},
                   {"test_accuracy_trials", accuracy}});
  }
}

json accuracy_of(std::span<const json> records, std::size_t epochs) {
  std::vector<double> last, best;
  for (const auto& record : records) {
    if (record["epochs"].size() < epochs) continue;
    last.push_back(record["epochs"].back()["test_accuracy"].get<double>());
    best.push_back(0);
    for (const auto& epoch : record["epochs"])
      best.back() = std::max(best.back(), epoch["test_accuracy"].get<double>());
  }
  return {{"last_epoch", summary(last)}, {"best_epoch", summary(best)}};
}

json aged_of(std::span<const json> records) {
  std::vector<double> accuracy;
  for (const auto& record : records) {
    if (record.contains("aged_accuracy")) accuracy.push_back(record["aged_accuracy"].get<double>());
  }
  return {{"test_accuracy", summary(accuracy)}};
}

json trained_layers(const json& stages) {
  json layers = json::array();
  for (const auto& stage : stages) {
    layers.push_back({{"name", stage["name"]},
                      {"rows", stage["rows"]},
                      {"columns", stage["columns"]},
                      {"weights", stage["rows"].get<std::size_t>() * stage["columns"].get<std::size_t>()},
                      {"bytes_per_weight", stage["bytes_per_weight"]},
                      {"updates", stage["updates"]},
                      {"updates_per_cell",
                       {{"mean", stage["updates_per_cell_mean"]}, {"max", stage["updates_per_cell_max"]}}},
                      {"pulses_per_cell", stage["pulses_per_cell"]},
                      {"refreshes", stage["refreshes"]},
                      {"conductances", stage["conductances"]}});
  }
  return layers;
}

json updates_of(const json& stages, double endurance) {
  double sum = 0, most = 0, pulses = 0, weights = 0;
  for (const auto& stage : stages) {
    const double here =
        static_cast<double>(stage["rows"].get<std::size_t>() * stage["columns"].get<std::size_t>());
    sum += stage["updates_per_cell_mean"].get<double>() * here;
    pulses += stage["pulses_per_cell"].get<double>() * here;
    most = std::max(most, stage["updates_per_cell_max"].get<double>());
    weights += here;
  }
  if (weights == 0) return nullptr;
  json out{{"mean", sum / weights}, {"max", most}, {"pulses", pulses / weights}};
  if (endurance > 0) out["endurance"] = endurance;
  return out;
}

}  // namespace mho::study
