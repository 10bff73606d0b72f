#include "mho/study/trial_record.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "mho/study/statistics.h"

namespace mho::study {

using json = nlohmann::ordered_json;

namespace {

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json as_json(const Estimate& e) {
  return {{"mean", number(e.mean)},
          {"std", number(e.std)},
          {"ci95", {number(e.ci_lo), number(e.ci_hi)}},
          {"trials", e.trials}};
}

}  // namespace

json trial_record(const network::Evaluation& evaluation) {
  json out{{"images", evaluation.images}};
  if (evaluation.has_labels) {
    out["top1"] = evaluation.top1;
    out["top5"] = evaluation.top5;
  } else {
    out["mean_squared_error"] = number(evaluation.mean_squared_error);
  }
  out["seconds"] = evaluation.seconds;
  json layers = json::array();
  for (const auto& layer : evaluation.layers) {
    layers.push_back(
        {{"snr_db", number(layer.snr_db)}, {"conversions", layer.conversions}, {"clipped", layer.clipped}});
    if (layer.inputs_signed) layers.back()["inputs_signed"] = *layer.inputs_signed;
  }
  out["layers"] = layers;
  return out;
}

json metrics_of(const json& record) {
  if (record.contains("mean_squared_error")) return {{"mean_squared_error", record["mean_squared_error"]}};
  const double images = record["images"].get<double>();
  return {{"top1", record["top1"].get<double>() / images}, {"top5", record["top5"].get<double>() / images}};
}

json metrics_of(std::span<const json> records, std::size_t alike) {
  json out;
  const json first = metrics_of(records.front());
  for (const auto& [metric, value] : first.items()) {
    if (value.is_null()) continue;
    if (alike > 0) {
      out[metric] = as_json(certain(value.get<double>(), alike));
      continue;
    }
    std::vector<double> trials;
    for (const auto& record : records) trials.push_back(metrics_of(record)[metric].get<double>());
    out[metric] = as_json(estimate(trials));
  }
  return out;
}

json network_summary(const network::Inference& inference, const std::string& file) {
  std::size_t weights = 0, macs = 0, arrays = 0;
  for (const auto& layer : inference.layers()) {
    weights += layer.weights;
    macs += layer.macs;
    arrays += layer.arrays;
  }
  return {{"file", file},
          {"weights", weights},
          {"macs", macs},
          {"layers", inference.layers().size()},
          {"arrays", arrays}};
}

std::vector<hardware::LayerShape> shapes_of(const network::Inference& inference, const json& record) {
  std::vector<hardware::LayerShape> out;
  for (const auto& layer : inference.layers()) {
    auto& shape = out.emplace_back(layer.cost);
    if (record.is_null() || out.size() > record.at("layers").size()) continue;
    const json& found = record.at("layers")[out.size() - 1];
    if (found.contains("inputs_signed")) shape.activity.inputs_signed = found["inputs_signed"].get<bool>();
  }
  return out;
}

json layers_of(const network::Inference& inference, std::span<const json> records) {
  json out = json::array();
  for (std::size_t i = 0; i < inference.layers().size(); ++i) {
    const auto& layer = inference.layers()[i];
    json entry{{"name", layer.name}, {"kind", layer.kind},     {"weights", layer.weights},
               {"macs", layer.macs}, {"arrays", layer.arrays}, {"utilization", layer.utilization}};
    double error_power = 0, conversions = 0, clipped = 0;
    std::size_t known = 0;
    for (const auto& record : records) {
      const auto& layers = record["layers"];
      if (i >= layers.size()) continue;
      conversions += layers[i].value("conversions", 0.0);
      clipped += layers[i].value("clipped", 0.0);
      if (!layers[i]["snr_db"].is_number()) continue;
      error_power += std::pow(10, -layers[i]["snr_db"].get<double>() / 10);
      ++known;
    }
    entry["snr_db"] =
        known > 0 && error_power > 0 ? json(-10 * std::log10(error_power / double(known))) : json();
    entry["clipped"] = conversions > 0 ? json(clipped / conversions) : json();
    out.push_back(entry);
  }
  return out;
}

}  // namespace mho::study
