#include "mho/report/result_view.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"

namespace mho::report {

using json = nlohmann::ordered_json;

namespace {

std::optional<double> number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

std::map<std::string, double> plain_metrics(const json& object) {
  std::map<std::string, double> out;
  for (const auto& [name, value] : object.items()) {
    if (value.is_number()) out[name] = value.get<double>();
  }
  return out;
}

Metric metric(const json& object) {
  Metric out;
  out.mean = object.at("mean").get<double>();
  out.std = number(object, "std");
  const auto& interval = object.at("ci95");
  if (interval.at(0).is_number()) out.lo = interval[0].get<double>();
  if (interval.at(1).is_number()) out.hi = interval[1].get<double>();
  out.trials = object.at("trials").get<std::vector<double>>();
  return out;
}

LayerRow layer(const json& object) {
  return {object.at("name").get<std::string>(),
          object.at("kind").get<std::string>(),
          number(object, "weights").value_or(0),
          number(object, "arrays").value_or(0),
          number(object, "utilization").value_or(0),
          number(object, "snr_db"),
          number(object, "clipped")};
}

ResultRow row(const json& result) {
  ResultRow out;
  out.label = result.value("label", std::string("result"));
  out.network = std::filesystem::path(result.at("network").value("file", "")).stem().string();
  out.data = result.at("data").value("source", "");
  out.images = number(result.at("data"), "images").value_or(0);
  out.trials = number(result, "trials_finished").value_or(0);
  if (result.contains("float")) out.plain = plain_metrics(result["float"]);
  if (result.contains("digital")) out.digital = plain_metrics(result["digital"]);
  if (result.contains("analog")) {
    for (const auto& [name, value] : result["analog"].items()) out.analog[name] = metric(value);
  }
  for (const auto& entry : result.value("layers", json::array())) out.layers.push_back(layer(entry));
  if (result.contains("device")) {
    const auto& d = result["device"];
    out.device = DeviceCurve{d.value("label", out.label), d.at("g").get<std::vector<double>>(),
                             d.at("std").get<std::vector<double>>(), d.at("shift").get<std::vector<double>>(),
                             d.at("read_noise").get<std::vector<double>>()};
  }
  if (result.contains("values")) out.swept = plain_metrics(result["values"]);
  const auto& timing = result.value("timing", json::object());
  out.wall_s = number(timing, "wall_s").value_or(0);
  out.images_per_s = number(timing, "images_per_s").value_or(0);
  if (const auto cost = result.find("cost"); cost != result.end() && cost->contains("chip")) {
    out.energy_per_image_j = number((*cost)["chip"], "energy_per_image_j");
    out.tops_per_w = number((*cost)["chip"], "tops_per_w");
  }
  return out;
}

}  // namespace

std::string main_metric(const ResultRow& row) {
  for (const auto* metrics : {&row.plain, &row.digital}) {
    if (metrics->contains("top1")) return "top1";
    if (!metrics->empty()) return metrics->begin()->first;
  }
  return row.analog.empty() ? "" : row.analog.contains("top1") ? "top1" : row.analog.begin()->first;
}

std::string metric_title(const std::string& metric) {
  if (metric == "top1") return "top-1 accuracy";
  if (metric == "top5") return "top-5 accuracy";
  std::string out = metric;
  for (char& c : out) c = c == '_' ? ' ' : c;
  return out;
}

std::vector<ResultRow> rows_of(const json& document, const std::string& file) {
  if (document.value("task", "") != "infer") {
    throw core::InvalidInput(file + ": no result of task \"infer\"");
  }
  std::vector<ResultRow> out;
  try {
    if (document.contains("points")) {
      for (const auto& point : document["points"]) out.push_back(row(point));
    } else if (document.contains("network")) {
      out.push_back(row(document));
    }
  } catch (const json::exception& error) {
    throw core::InvalidInput(fmt::format("{}: no complete result: {}", file, error.what()));
  }
  if (!out.empty()) out.back().interrupted = document.value("interrupted", false);
  return out;
}

}  // namespace mho::report
