#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "mho/core/picture/series.h"
#include "mho/report/charts.h"

namespace mho::report {

using core::Panel;
using core::Point;
using core::Series;
using core::Svg;
using core::text_width;

namespace {

/// The swept key with the most different numbers; "" where none has two.
std::string swept_key(const std::vector<ResultRow>& rows) {
  std::map<std::string, std::set<double>> values;
  for (const auto& row : rows) {
    for (const auto& [key, value] : row.swept) values[key].insert(value);
  }
  std::string best;
  std::size_t most = 1;
  for (const auto& [key, seen] : values) {
    if (seen.size() > most) {
      most = seen.size();
      best = key;
    }
  }
  return best;
}

/// The row's label without the key that the axis shows: "adc.bits = 4, taox" over adc.bits is "taox".
std::string rest_of_label(const ResultRow& row, const std::string& key) {
  std::string out;
  std::size_t start = 0;
  while (start <= row.label.size()) {
    const auto end = std::min(row.label.find(", ", start), row.label.size());
    const std::string part = row.label.substr(start, end - start);
    if (!part.starts_with(key + " = ")) out += (out.empty() ? "" : ", ") + part;
    start = end + 2;
  }
  return out;
}

}  // namespace

std::optional<Svg> sweep_chart(const std::vector<ResultRow>& rows) {
  const std::string key = swept_key(rows);
  if (key.empty()) return std::nullopt;
  const std::string metric = main_metric(rows.front());
  const double unit = metric == "top1" ? 100 : 1;
  std::vector<Series> lines;
  std::vector<std::vector<Point>> lower, upper;
  std::set<double> xs, ys;
  for (const auto& row : rows) {
    if (!row.swept.contains(key) || !row.analog.contains(metric)) continue;
    const std::string name = rest_of_label(row, key);
    auto line = std::find_if(lines.begin(), lines.end(), [&](const auto& l) { return l.name == name; });
    if (line == lines.end()) {
      lines.push_back({name, static_cast<int>(lines.size()), {}});
      lower.emplace_back();
      upper.emplace_back();
      line = lines.end() - 1;
    }
    const auto k = static_cast<std::size_t>(line - lines.begin());
    const auto& m = row.analog.at(metric);
    const double x = row.swept.at(key);
    line->points.push_back({x, unit * m.mean});
    lower[k].push_back({x, unit * m.lo.value_or(m.mean)});
    upper[k].push_back({x, unit * m.hi.value_or(m.mean)});
    xs.insert(x);
    ys.insert({lower[k].back().y, upper[k].back().y});
  }
  if (xs.size() < 2) return std::nullopt;
  const bool has_float = rows.front().plain.contains(metric);
  if (has_float) ys.insert(unit * rows.front().plain.at(metric));
  const double margin = std::max(0.06 * (*ys.rbegin() - *ys.begin()), unit * 1e-3);
  Svg svg(960, 360, "The swept quantity and what it does to accuracy");
  double names = 70;
  for (const auto& line : lines) names = std::max(names, text_width(line.name, 12.5) + 30);
  const bool logarithmic = *xs.begin() > 0 && *xs.rbegin() >= 50 * *xs.begin();
  const Panel panel{{*xs.begin(), *xs.rbegin(), 64, 950 - std::min(names, 240.0), logarithmic},
                    {*ys.begin() - margin, *ys.rbegin() + margin, 310, 44},
                    metric == "top1" ? "Top-1 accuracy, %" : metric_title(metric),
                    key,
                    xs.size() <= 12 ? std::vector<double>(xs.begin(), xs.end()) : std::vector<double>{}};
  draw_axes(svg, panel);
  if (has_float) {
    const double y = panel.y(unit * rows.front().plain.at(metric));
    svg.line({panel.x.from, y}, {panel.x.to, y}, "axis");
    svg.text({panel.x.from + 6, y - 6}, "float", "tick");
  }
  const auto by_x = [](const Point& a, const Point& b) { return a.x < b.x; };
  for (std::size_t k = 0; k < lines.size(); ++k) {
    for (auto* points : {&lines[k].points, &lower[k], &upper[k]})
      std::sort(points->begin(), points->end(), by_x);
    draw(svg, panel,
         {.name = "",
          .colour = lines[k].colour,
          .points = lower[k],
          .kind = Series::Kind::band,
          .edge = upper[k]});
  }
  draw_series(svg, panel, lines, true);
  return svg;
}

}  // namespace mho::report
