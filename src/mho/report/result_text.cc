#include "mho/report/result_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/hardware/report.h"
#include "mho/hardware/units.h"
#include "mho/report/result_view.h"
#include "mho/report/text.h"
#include "mho/report/training_view.h"
#include "mho/study/sweep.h"

namespace mho::report {

using json = nlohmann::ordered_json;

namespace {

std::string infer_text(const json& result, const std::string& file) {
  const auto rows = rows_of(result, file);
  if (rows.empty()) return "";
  const auto& first = rows.front();
  std::string out = fmt::format("{} on {}: {} images, seed {}\n\n{}", first.network, first.data,
                                with_thousands(first.images), result.value("seed", 0), comparison_text(rows));
  if (rows.size() == 1) {
    out += fmt::format("\n{}", layers_text(first));
    if (first.images_per_s > 0) {
      out += fmt::format("\n{} images a second through the arrays, {} in all\n",
                         with_thousands(first.images_per_s), seconds_text(first.wall_s));
    }
  }
  if (!first.analog.empty()) out += "± is half the 95% confidence interval of the mean over chips\n";
  return out;
}

std::string train_text(const json& result) {
  return training_text(training_rows(result)) +
         "± is half the 95% confidence interval of the mean over trials\n";
}

std::string label_of(const json& point) { return study::label_of(point.value("values", json::object())); }

/// One line of a sweep of costs.
std::string cost_line(const json& point) {
  using hardware::engineering;
  const auto& vmm = point.at("kernels").at("vmm");
  std::string line = fmt::format("{:<40} VMM {:>9} a MAC {:>9}", label_of(point),
                                 engineering(vmm.at("energy_per_mac_j").get<double>(), "J"),
                                 engineering(vmm.at("latency_s").get<double>(), "s"));
  if (point.contains("chip")) {
    const auto& chip = point["chip"];
    line += fmt::format("  image {:>9} {:>9.4g} images/s {:>8.4g} TOPS/W {:>10}",
                        engineering(chip.at("energy_per_image_j").get<double>(), "J"),
                        chip.at("images_per_s").get<double>(), chip.at("tops_per_w").get<double>(),
                        hardware::readable_area(chip.at("area_m2").get<double>()));
  }
  return line + "\n";
}

std::string mvm_text(const json& result) {
  const auto number = [&](const char* key) { return result.at(key).get<double>(); };
  const auto arrays = result.at("arrays").get<std::size_t>();
  const auto& study = result.at("study");
  std::string out = fmt::format(
      "{} vectors through {}×{} weights in {} array{} ({:.1f}% used){}\n"
      "rms error {:.4g}, {:.4g}% of the exact product's rms\n{} conversions, {:.3g}% clipped\n",
      result.at("vectors").get<std::size_t>(), result.at("weights").at(0).get<std::size_t>(),
      result.at("weights").at(1).get<std::size_t>(), arrays, arrays == 1 ? "" : "s",
      100 * number("utilization"), study.at("mvm").value("transpose", false) ? ", transposed" : "",
      number("rms_error"), 100 * number("relative_rms_error"), result.at("conversions").get<std::uint64_t>(),
      100 * number("clipped"));
  if (number("wires_residual") > 0)
    out += fmt::format("wires solved with a relative residual of {:.2g}\n", number("wires_residual"));
  return out;
}

/// The text of every point, or of a document without any.
template <typename Text>
std::string of_points(const json& document, Text&& text) {
  if (!document.contains("points")) return text(document);
  std::string out;
  for (const auto& point : document["points"]) out += text(point);
  return out;
}

}  // namespace

std::string result_text(const json& document, const std::string& file) {
  const std::string task = document.value("task", "");
  try {
    if (task == "train") return train_text(document);
    if (task == "cost") {
      if (document.contains("points")) return of_points(document, cost_line);
      return document.contains("design") ? hardware::cost_text(nlohmann::json(document)) : "";
    }
    if (task == "mvm") {
      return of_points(document, [](const json& point) {
        const std::string label = label_of(point);
        return (label.empty() ? "" : label + ": ") + (point.contains("vectors") ? mvm_text(point) : "");
      });
    }
  } catch (const json::exception& error) {
    throw core::InvalidInput(fmt::format("{}: no complete result: {}", file, error.what()));
  }
  return infer_text(document, file);
}

}  // namespace mho::report
