#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

/// A mean shift below this is not drawn: estimates scatter by as much. [% of G_on]
constexpr double kVisibleShift = 0.3;

struct Lines {
  std::vector<Series> spread, shift;
  double most_spread = 0, most_shift = 0, least_shift = 0;
};

Lines lines_of(const std::vector<ResultRow>& rows) {
  Lines out;
  std::set<std::vector<double>> drawn;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].device) continue;
    const auto& device = *rows[i].device;
    std::vector<double> key = device.std;
    key.insert(key.end(), device.shift.begin(), device.shift.end());
    if (!drawn.insert(key).second) continue;
    Series spread{device.label, static_cast<int>(i), {}}, shift = spread;
    for (std::size_t k = 0; k < device.g.size() && k < device.std.size(); ++k) {
      spread.points.push_back({100 * device.g[k], 100 * device.std[k]});
      shift.points.push_back({100 * device.g[k], 100 * device.shift[k]});
      out.most_spread = std::max(out.most_spread, 100 * device.std[k]);
      out.most_shift = std::max(out.most_shift, 100 * device.shift[k]);
      out.least_shift = std::min(out.least_shift, 100 * device.shift[k]);
    }
    out.spread.push_back(std::move(spread));
    const auto moves = [](const Point& p) { return std::abs(p.y) > kVisibleShift; };
    if (std::any_of(shift.points.begin(), shift.points.end(), moves)) out.shift.push_back(std::move(shift));
  }
  return out;
}

}  // namespace

std::optional<Svg> error_chart(const std::vector<ResultRow>& rows) {
  const auto lines = lines_of(rows);
  if (lines.spread.empty()) return std::nullopt;
  const bool shifts = !lines.shift.empty();
  const double height = std::max(300.0, 90 + 16.0 * static_cast<double>(lines.spread.size()));
  Svg svg(960, height, "Error of the programmed conductance over its target");
  double names = 60;
  for (const auto& line : lines.spread) names = std::max(names, text_width(line.name, 12.5) + 26);
  names = std::min(names, 210.0);
  const double bottom = height - 50;
  const Panel spread{{0, 100, 56, shifts ? 480 - names : 950 - names},
                     {0, std::max(lines.most_spread * 1.08, 0.5), bottom, 44},
                     "Spread (standard deviation), % of Gₒₙ",
                     "target conductance, % of Gₒₙ",
                     {}};
  draw_axes(svg, spread);
  draw_series(svg, spread, lines.spread, false);
  if (!shifts) return svg;
  const double margin = 0.06 * (lines.most_shift - lines.least_shift);
  const Panel shift{{0, 100, 536, 950 - names},
                    {lines.least_shift - margin, lines.most_shift + margin, bottom, 44},
                    "Shift of the mean, % of Gₒₙ",
                    "target conductance, % of Gₒₙ",
                    {}};
  draw_axes(svg, shift);
  draw_series(svg, shift, lines.shift, false);
  return svg;
}

}  // namespace mho::report
