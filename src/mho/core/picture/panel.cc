#include "mho/core/picture/panel.h"

#include <algorithm>
#include <cmath>

namespace mho::core {
namespace {

/// How far apart the ticks of a scale are; 0 where that differs.
double step_of(const std::vector<double>& ticks, bool even) {
  if (!even) return 0;
  return ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
}

}  // namespace

void draw_axes(Svg& svg, const Panel& panel, bool x_ticks) {
  const auto& x = panel.x;
  const auto& y = panel.y;
  if (!panel.title.empty()) svg.text({x.from, y.to - 16}, panel.title, "heading");
  const auto rows =
      ticks(y.lo, y.hi, std::max(2, static_cast<int>((y.from - y.to) / panel.row_px)), y.logarithmic);
  const double row_step = step_of(rows, !y.logarithmic);
  for (const double v : rows) {
    const bool zero = !y.logarithmic && std::abs(v) < row_step * 1e-6;
    svg.line({x.from, y(v)}, {x.to, y(v)}, zero ? "axis" : "grid");
    svg.text({x.from - 8, y(v) + 4}, tick_text(v, row_step), "tick", Anchor::end);
  }
  if (x_ticks) {
    const bool given = !panel.x_marks.empty();
    const auto columns =
        given ? panel.x_marks
              : ticks(x.lo, x.hi, std::max(2, static_cast<int>((x.to - x.from) / 70)), x.logarithmic);
    const double step = step_of(columns, !given && !x.logarithmic);
    for (const double v : columns) {
      if (panel.columns) svg.line({x(v), y.from}, {x(v), y.to}, "grid");
      svg.line({x(v), y.from}, {x(v), y.from + 4}, "axis");
      svg.text({x(v), y.from + 18}, tick_text(v, step), "tick", Anchor::middle);
    }
  }
  svg.line({x.from, y.from}, {x.to, y.from}, "axis");
  if (panel.columns) svg.line({x.from, y.from}, {x.from, y.to}, "axis");
  if (!panel.x_title.empty())
    svg.text({(x.from + x.to) / 2, y.from + 38}, panel.x_title, "label", Anchor::middle);
  if (!panel.y_title.empty())
    svg.text({x.from - 52, (y.from + y.to) / 2}, panel.y_title, "label", Anchor::middle, 90);
}

}  // namespace mho::core
