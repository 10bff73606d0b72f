#include "mho/core/picture/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace mho::core {
namespace {

std::string coloured(const char* style, const Series& series) {
  return fmt::format("{} s{}", style, series.colour % 8);
}

std::string curve_style(const Series& series) {
  return coloured(series.kind == Series::Kind::dashed ? "curve dashed" : "curve", series);
}

void draw_line(Svg& svg, const Panel& panel, const Series& series) {
  std::vector<Point> stroke;
  for (const Point& p : series.points) {
    if (panel.can_show(p)) {
      stroke.push_back(panel.at(p));
    } else {
      svg.path(stroke, curve_style(series));
      stroke.clear();
    }
  }
  svg.path(stroke, curve_style(series));
}

void draw_band(Svg& svg, const Panel& panel, const Series& series) {
  std::vector<Point> outline;
  for (const Point& p : series.points) {
    if (panel.can_show(p)) outline.push_back(panel.at(p));
  }
  for (auto p = series.edge.rbegin(); p != series.edge.rend(); ++p) {
    if (panel.can_show(*p)) outline.push_back(panel.at(*p));
  }
  svg.path(outline, coloured("band", series), true);
}

/// A short piece of the series, for the legend.
void draw_sample(Svg& svg, const Series& series, Point left) {
  switch (series.kind) {
    case Series::Kind::band:
      svg.rectangle({left.x, left.y - 4.5}, 16, 9, coloured("band", series));
      break;
    case Series::Kind::points:
      for (const double x : {2.0, 8.0, 14.0}) svg.circle({left.x + x, left.y}, 2, coloured("mark", series));
      break;
    case Series::Kind::line:
    case Series::Kind::dashed:
      svg.line(left, {left.x + 16, left.y}, curve_style(series));
  }
}

/// Heights of names that start beside `wanted`, pushed apart, then kept above `floor`.
std::vector<double> apart(const std::vector<double>& wanted, double least_distance, double floor) {
  std::vector<double> at = wanted;
  std::vector<std::size_t> order(wanted.size());  // from top to bottom
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return wanted[a] < wanted[b]; });
  for (std::size_t i = 1; i < order.size(); ++i)
    at[order[i]] = std::max(at[order[i]], at[order[i - 1]] + least_distance);
  for (std::size_t i = order.size(); i-- > 0; floor -= least_distance) {
    at[order[i]] = std::min(at[order[i]], floor);
    floor = std::min(floor, at[order[i]]);
  }
  return at;
}

}  // namespace

void draw(Svg& svg, const Panel& panel, const Series& series) {
  switch (series.kind) {
    case Series::Kind::band:
      draw_band(svg, panel, series);
      break;
    case Series::Kind::points:
      for (const Point& p : series.points) {
        if (panel.can_show(p)) svg.circle(panel.at(p), 2, coloured("mark", series));
      }
      break;
    case Series::Kind::line:
    case Series::Kind::dashed:
      draw_line(svg, panel, series);
  }
}

void draw_series(Svg& svg, const Panel& panel, const std::vector<Series>& series, bool dots,
                 double least_distance) {
  std::vector<double> ends;
  for (const auto& line : series) {
    draw(svg, panel, line);
    if (dots) {
      for (const Point& p : line.points)
        svg.circle(panel.at(p), 3, coloured("dot", line), fmt::format("{}: {:.4g}", line.name, p.y));
    }
    ends.push_back(line.points.empty() ? panel.y.from : panel.y(line.points.back().y));
  }
  const std::vector<double> heights = apart(ends, least_distance, panel.y.from + 4);
  for (std::size_t s = 0; s < series.size(); ++s) {
    if (series[s].name.empty() || series[s].points.empty()) continue;
    const double end = panel.x(series[s].points.back().x);
    svg.path({{end + 3, ends[s]}, {panel.x.to + 10, heights[s]}, {panel.x.to + 18, heights[s]}},
             coloured("leader", series[s]));
    svg.text({panel.x.to + 22, heights[s] + 4}, series[s].name, "name");
  }
}

void draw_legend(Svg& svg, const Panel& panel, const std::vector<Series>& series) {
  double longest = 0;
  int entries = 0;
  for (const auto& s : series) {
    longest = std::max(longest, text_width(s.name, 12.5));
    entries += !s.name.empty();
  }
  if (entries == 0) return;
  const double wide = 38 + longest, high = 12 + 18.0 * entries;
  const auto points_below = [&](Point corner) {
    int inside = 0;
    for (const auto& s : series) {
      for (const auto* points : {&s.points, &s.edge}) {
        inside += static_cast<int>(std::count_if(points->begin(), points->end(), [&](const Point& p) {
          const Point at = panel.at(p);
          return panel.can_show(p) && at.x > corner.x && at.x < corner.x + wide && at.y > corner.y &&
                 at.y < corner.y + high;
        }));
      }
    }
    return inside;
  };
  const double left = panel.x.from + 8, right = panel.x.to - wide - 6, top = panel.y.to + 6,
               bottom = panel.y.from - high - 6;
  Point best;
  int fewest = std::numeric_limits<int>::max();
  for (const Point corner :
       {Point{right, top}, Point{left, top}, Point{left, bottom}, Point{right, bottom}}) {
    const int inside = points_below(corner);
    if (inside >= fewest) continue;
    fewest = inside;
    best = corner;
  }
  svg.rectangle(best, wide, high, "legend", 4);
  double y = best.y + 18;
  for (const auto& s : series) {
    if (s.name.empty()) continue;
    draw_sample(svg, s, {best.x + 8, y - 4});
    svg.text({best.x + 30, y}, s.name, "name");
    y += 18;
  }
}

}  // namespace mho::core
