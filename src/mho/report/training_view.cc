#include "mho/report/training_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "mho/core/picture/series.h"
#include "mho/report/text.h"

namespace mho::report {

using core::escaped;
using core::Panel;
using core::Series;
using core::Svg;
using core::text_width;
using json = nlohmann::ordered_json;

namespace {

constexpr std::size_t kMostCurves = 8;

double number_in(const json& at, const char* key) {
  return at.is_object() && at.contains(key) && at[key].is_number() ? at[key].get<double>()
                                                                   : std::numeric_limits<double>::quiet_NaN();
}

TrainingRow row_of(const json& point) {
  TrainingRow row;
  const json device = point.value("study", json::object()).value("device", json::object());
  const json training = point.value("study", json::object()).value("training", json::object());
  row.label = training.value("numeric", false) ? "numeric" : device.value("card", "?");
  const json values = point.value("values", json::object());
  for (const auto& [key, value] : values.items()) {
    if (key == "device" || key == "device.card") continue;  // the card says it
    row.label += fmt::format(", {} = {}", key.substr(key.rfind('.') + 1),
                             value.is_string() ? value.get<std::string>() : value.dump());
  }
  for (const auto& e : point.value("epochs", json::array())) {
    const auto trials = e.value("test_accuracy_trials", std::vector<double>{});
    row.epochs.push_back({e.value("test_accuracy", 0.0),
                          trials.size() > 1 ? number_in(e, "test_accuracy_std") : 0,
                          e.value("train_loss", 0.0), e.value("learning_rate", 0.0), trials.size()});
    row.trials = trials.size();
  }
  const json accuracy = point.value("accuracy", json::object());
  const json last = accuracy.value("last_epoch", json()), best = accuracy.value("best_epoch", json());
  row.last = number_in(last, "mean");
  row.last_std = number_in(last, "std");
  row.best = number_in(best, "mean");
  const json aged = point.value("aged", json::object());
  row.aged = number_in(aged.value("test_accuracy", json()), "mean");
  if (last.is_object() && last.contains("ci95") && last["ci95"].is_array() && last["ci95"][1].is_number()) {
    row.last_half_interval = (last["ci95"][1].get<double>() - last["ci95"][0].get<double>()) / 2;
  } else {
    row.last_half_interval = std::numeric_limits<double>::quiet_NaN();
  }
  const json updates = point.value("updates_per_cell", json::object());
  row.updates_per_cell = number_in(updates, "mean");
  row.pulses_per_cell = number_in(updates, "pulses");
  row.endurance = number_in(updates, "endurance");
  row.seconds_per_epoch = number_in(point.value("timing", json::object()), "seconds_per_epoch_and_trial");
  for (const auto& layer : point.value("layers", json::array())) {
    if (!layer.contains("conductances") || !layer["conductances"].is_object()) continue;
    row.from_s = layer["conductances"]["from_s"].get<double>();
    row.to_s = layer["conductances"]["to_s"].get<double>();
    row.counts = layer["conductances"]["counts"].get<std::vector<double>>();
    break;
  }
  return row;
}

std::string percent_or_dash(double fraction) { return std::isfinite(fraction) ? percent(fraction) : "–"; }

std::vector<std::vector<std::string>> table_of(const std::vector<TrainingRow>& rows) {
  std::vector<std::vector<std::string>> table = {
      {"device", "last epoch, %", "best, %", "trials", "updates a cell", "pulses a cell", "s an epoch"}};
  const bool any_aged =
      std::any_of(rows.begin(), rows.end(), [](const auto& row) { return std::isfinite(row.aged); });
  if (any_aged) table.front().insert(table.front().begin() + 2, "aged, %");
  for (const auto& row : rows) {
    std::string last = percent_or_dash(row.last);
    if (std::isfinite(row.last_half_interval)) last += " ± " + percent(row.last_half_interval);
    table.push_back({row.label, last, percent_or_dash(row.best), std::to_string(row.trials),
                     with_thousands(std::round(row.updates_per_cell)),
                     fmt::format("{:.3g}", row.pulses_per_cell),
                     fmt::format("{:.3g}", row.seconds_per_epoch)});
    if (any_aged) table.back().insert(table.back().begin() + 2, percent_or_dash(row.aged));
  }
  return table;
}

}  // namespace

std::vector<TrainingRow> training_rows(const json& document) {
  std::vector<TrainingRow> rows;
  if (document.value("task", "") != "train") return rows;
  if (document.contains("points")) {
    for (const auto& point : document["points"]) rows.push_back(row_of(point));
  } else {
    rows.push_back(row_of(document));
  }
  return rows;
}

std::string training_text(const std::vector<TrainingRow>& rows) { return aligned(table_of(rows)); }

std::string training_table_html(const std::vector<TrainingRow>& rows) {
  std::string out = "<div class=\"wide\"><table>";
  bool head = true;
  for (const auto& line : table_of(rows)) {
    out += head ? "<thead><tr>" : "<tr>";
    for (const auto& cell : line) out += fmt::format("<{0}>{1}</{0}>", head ? "th" : "td", escaped(cell));
    out += head ? "</tr></thead><tbody>\n" : "</tr>\n";
    head = false;
  }
  return out + "</tbody></table></div>\n";
}

std::optional<Svg> learning_chart(const std::vector<TrainingRow>& all) {
  std::vector<const TrainingRow*> rows;
  for (const auto& row : all) {
    if (!row.epochs.empty() && rows.size() < kMostCurves) rows.push_back(&row);
  }
  if (rows.empty()) return std::nullopt;
  double lo = 100, hi = 0, names = 70;
  std::size_t epochs = 1;
  for (const auto* row : rows) {
    names = std::max(names, text_width(row->label, 12.5) + 30);
    epochs = std::max(epochs, row->epochs.size());
    for (const auto& e : row->epochs) {
      lo = std::min(lo, 100 * (e.accuracy - e.spread));
      hi = std::max(hi, 100 * (e.accuracy + e.spread));
    }
  }
  lo = std::max(0.0, lo - 1);
  hi = std::min(100.0, hi + 1);
  Svg svg(960, 400, "Test accuracy after every epoch of training");
  Panel panel{{1, static_cast<double>(std::max<std::size_t>(epochs, 2)), 64, 950 - std::min(names, 300.0)},
              {lo, hi, 350, 44},
              "Test accuracy, %",
              "epoch",
              {}};
  draw_axes(svg, panel);
  std::vector<Series> lines;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    Series line{.name = rows[k]->label, .colour = static_cast<int>(k), .points = {}};
    Series band{.name = "", .colour = line.colour, .points = {}, .kind = Series::Kind::band};
    for (std::size_t e = 0; e < rows[k]->epochs.size(); ++e) {
      const auto& epoch = rows[k]->epochs[e];
      const auto after = static_cast<double>(e + 1);
      line.points.push_back({after, 100 * epoch.accuracy});
      band.points.push_back({after, std::max(lo, 100 * (epoch.accuracy - epoch.spread))});
      band.edge.push_back({after, std::min(hi, 100 * (epoch.accuracy + epoch.spread))});
    }
    if (rows[k]->trials > 1) draw(svg, panel, band);
    lines.push_back(std::move(line));
  }
  draw_series(svg, panel, lines, epochs <= 20);
  return svg;
}

std::optional<Svg> conductance_chart(const std::vector<TrainingRow>& all) {
  std::vector<Series> lines;
  double lo = std::numeric_limits<double>::infinity(), hi = -lo, top = 0, names = 70;
  for (const auto& row : all) {
    double sum = 0;
    for (const double count : row.counts) sum += count;
    if (sum == 0 || lines.size() == kMostCurves) continue;
    Series line{row.label, static_cast<int>(lines.size()), {}};
    for (std::size_t b = 0; b < row.counts.size(); ++b) {
      // Position in the range that the cells of this device took, so that devices compare.
      const double x = (static_cast<double>(b) + 0.5) / static_cast<double>(row.counts.size());
      const double y = 100 * row.counts[b] / sum;
      line.points.push_back({x, y});
      lo = std::min(lo, x);
      hi = std::max(hi, x);
      top = std::max(top, y);
    }
    names = std::max(names, text_width(line.name, 12.5) + 30);
    lines.push_back(std::move(line));
  }
  if (lines.empty()) return std::nullopt;
  Svg svg(960, 320, "Where the conductances of the first layer ended");
  const Panel panel{{0, 1, 64, 950 - std::min(names, 300.0)},
                    {0, 1.05 * top, 270, 44},
                    "Cells of the first layer at the end, % a bin of 1/50",
                    "conductance, from the lowest to the highest cell",
                    {}};
  draw_axes(svg, panel);
  draw_series(svg, panel, lines, false);
  return svg;
}

}  // namespace mho::report
