#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mho/core/picture/scale.h"
#include "mho/report/charts.h"
#include "mho/report/text.h"

namespace mho::report {

using core::Anchor;
using core::Scale;
using core::Svg;
using core::text_width;
using core::tick_text;
using core::ticks;

namespace {

constexpr double kRow = 34, kTop = 46, kWidth = 960;

struct Bar {
  std::string label;
  std::string style;  // "quiet" or the series
  double mean;
  const Metric* metric = nullptr;  // nullptr: one number without spread
};

/// Float and digital of the first row (rows of one chart share network and data), then every device.
std::vector<Bar> bars_of(const std::vector<ResultRow>& rows, const std::string& metric) {
  std::vector<Bar> bars;
  const auto& first = rows.front();
  if (first.plain.contains(metric)) bars.push_back({"float", "quiet", first.plain.at(metric)});
  std::vector<double> digital;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].digital.contains(metric)) continue;
    const double value = rows[i].digital.at(metric);
    if (std::find(digital.begin(), digital.end(), value) != digital.end()) continue;
    digital.push_back(value);
    bars.push_back({digital.size() == 1 ? "digital" : "digital, " + rows[i].label, "quiet", value});
    if (digital.size() == 3) break;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto found = rows[i].analog.find(metric);
    if (found == rows[i].analog.end()) continue;
    bars.push_back({rows[i].label, fmt::format("s{}", i % 8), found->second.mean, &found->second});
  }
  return bars;
}

void whisker(Svg& svg, double lo, double hi, double y) {
  svg.line({lo, y}, {hi, y}, "whisker ink");
  if (hi - lo < 1) return;
  for (const double x : {lo, hi}) svg.line({x, y - 4}, {x, y + 4}, "whisker ink");
}

}  // namespace

std::optional<Svg> accuracy_chart(const std::vector<ResultRow>& rows) {
  if (rows.empty() || main_metric(rows.front()) != "top1") return std::nullopt;
  const auto bars = bars_of(rows, "top1");
  if (bars.empty()) return std::nullopt;
  double label_width = 90;
  for (const auto& bar : bars) label_width = std::max(label_width, text_width(bar.label, 14) + 14);
  label_width = std::min(label_width, 300.0);
  const double bottom = kTop + kRow * static_cast<double>(bars.size());
  const bool has_float = rows.front().plain.contains("top1");
  const double reference = has_float ? rows.front().plain.at("top1") : 1;
  Svg svg(kWidth, bottom + 34, "Accuracy of float, digital and analog chips");

  const Scale x{0, 100, label_width, has_float ? 520.0 : 780.0};
  svg.text({label_width, 20}, "Top-1 accuracy, %", "heading");
  for (const double v : {0.0, 25.0, 50.0, 75.0, 100.0}) {
    svg.line({x(v), kTop - 8}, {x(v), bottom}, v == 0 ? "axis" : "grid");
    svg.text({x(v), bottom + 18}, fmt::format("{:.0f}", v), "tick", Anchor::middle);
  }
  double most = 0.5, least = 0;
  for (const auto& bar : bars) {
    for (const double t : bar.metric ? bar.metric->trials : std::vector<double>{bar.mean}) {
      most = std::max(most, 100 * (reference - t));
      least = std::min(least, 100 * (reference - t));
    }
    if (bar.metric && bar.metric->lo) most = std::max(most, 100 * (reference - *bar.metric->lo));
    if (bar.metric && bar.metric->hi) least = std::min(least, 100 * (reference - *bar.metric->hi));
  }
  const Scale loss{least, most, 690, kWidth - 20};
  if (has_float) {
    svg.text({loss.from, 20}, "Percentage points below float", "heading");
    const auto marks = ticks(least, most, 4);
    const double step = marks.size() > 1 ? marks[1] - marks[0] : 1;
    for (const double v : marks) {
      svg.line({loss(v), kTop - 8}, {loss(v), bottom}, std::abs(v) < step / 1e6 ? "axis" : "grid");
      svg.text({loss(v), bottom + 18}, tick_text(v, step), "tick", Anchor::middle);
    }
  }
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto& bar = bars[i];
    const double y = kTop + kRow * (static_cast<double>(i) + 0.5) - 4;
    svg.text({label_width - 12, y + 4.5}, bar.label, bar.metric ? "strong" : "spread", Anchor::end);
    svg.rectangle({x(0), y - 8}, x(100 * bar.mean) - x(0), 16, "bar " + bar.style, 2);
    const Metric* m = bar.metric;
    if (m && m->lo && m->hi) whisker(svg, x(100 * *m->lo), x(100 * *m->hi), y);
    const double after = x(100) + 14;
    svg.text({after + 44, y + 4.5}, percent(bar.mean), "value", Anchor::end);
    if (m && m->lo && m->hi) svg.text({after + 52, y + 4.5}, "± " + percent((*m->hi - *m->lo) / 2), "spread");
    if (!has_float) continue;
    const double mean = 100 * (reference - bar.mean);
    if (!m) {
      svg.circle({loss(mean), y}, 4, "bar quiet", fmt::format("{}: {:.2f} points", bar.label, mean));
      continue;
    }
    for (const double t : m->trials) svg.circle({loss(100 * (reference - t)), y}, 3, "trial " + bar.style);
    if (m->lo && m->hi) whisker(svg, loss(100 * (reference - *m->hi)), loss(100 * (reference - *m->lo)), y);
    svg.circle({loss(mean), y}, 4.5, "dot " + bar.style, fmt::format("{}: {:.2f} points", bar.label, mean));
  }
  return svg;
}

}  // namespace mho::report
