#include "mho/core/picture/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mho::core {
namespace {

constexpr double kHeight = 380, kLeft = 78, kRight = 24, kTop = 64, kBottom = 62;

/// The scale of an axis, from its limits or from those of the data with a little room.
Scale scale_of(const Axis& axis, const std::vector<Series>& series, double Point::*along) {
  Scale scale{.lo = axis.low, .hi = axis.high, .logarithmic = axis.logarithmic};
  if (axis.low != axis.high) return scale;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& s : series) {
    for (const auto* points : {&s.points, &s.edge}) {
      for (const Point& p : *points) {
        if (!scale.can_show(p.*along)) continue;
        low = std::min(low, p.*along);
        high = std::max(high, p.*along);
      }
    }
  }
  if (!(low <= high)) {
    low = axis.logarithmic ? 0.1 : 0;
    high = 1;
  }
  const bool is_x = along == &Point::x;
  if (axis.logarithmic) {
    const double room = is_x ? 1 : std::pow(high / low, 0.05) * 1.05;
    scale.lo = low / room;
    scale.hi = low == high ? high * 10 : high * room;
  } else {
    const double room = low == high ? std::max(std::fabs(low), 1.0) : is_x ? 0 : 0.06 * (high - low);
    scale.lo = low >= 0 && low - room < 0.25 * high ? 0 : low - room;
    scale.hi = high <= 0 && high + room > 0 ? 0 : high + room;
    if (is_x && low < 0) scale.lo = low;
  }
  return scale;
}

void draw_chart(Svg& svg, const Chart& chart, double top) {
  Panel panel{.x = scale_of(chart.x, chart.series, &Point::x),
              .y = scale_of(chart.y, chart.series, &Point::y),
              .title = "",
              .x_title = chart.x.title,
              .x_marks = {},
              .y_title = chart.y.title,
              .columns = true,
              .row_px = 32};
  panel.x.from = kLeft;
  panel.x.to = svg.width() - kRight;
  panel.y.from = top + kHeight - kBottom;
  panel.y.to = top + kTop;
  svg.text({kLeft, top + 26}, chart.title, "title");
  svg.text({kLeft, top + 46}, chart.note, "label");
  draw_axes(svg, panel);
  svg.clipped({panel.x.from, panel.y.to - 2}, panel.x.to - panel.x.from, panel.y.from - panel.y.to + 4, [&] {
    for (const auto& series : chart.series) draw(svg, panel, series);
  });
  draw_legend(svg, panel, chart.series);
}

}  // namespace

Svg picture_of(const std::vector<Chart>& charts, int width) {
  std::string title;
  for (const auto& chart : charts) title += (title.empty() ? "" : "; ") + chart.title;
  Svg svg(width, kHeight * static_cast<double>(charts.size()), title);
  double top = 0;
  for (const auto& chart : charts) {
    draw_chart(svg, chart, top);
    top += kHeight;
  }
  return svg;
}

}  // namespace mho::core
