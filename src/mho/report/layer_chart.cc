#include <fmt/format.h>

#include <algorithm>

#include "mho/core/picture/series.h"
#include "mho/report/charts.h"

namespace mho::report {

using core::Anchor;
using core::Panel;
using core::Series;
using core::Svg;
using core::text_width;

std::optional<Svg> layer_chart(const std::vector<ResultRow>& rows) {
  if (rows.size() > 8) return std::nullopt;  // more lines than colours
  std::vector<Series> series;
  const std::vector<LayerRow>* layers = nullptr;
  double least = 0, most = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Series line{rows[i].label, static_cast<int>(i), {}};
    for (std::size_t k = 0; k < rows[i].layers.size(); ++k) {
      if (!rows[i].layers[k].snr_db) continue;
      const double snr = *rows[i].layers[k].snr_db;
      line.points.push_back({static_cast<double>(k), snr});
      least = std::min(least, snr);
      most = std::max(most, snr);
    }
    if (line.points.empty()) continue;
    if (layers == nullptr) layers = &rows[i].layers;
    series.push_back(std::move(line));
  }
  if (layers == nullptr) return std::nullopt;

  const auto count = layers->size();
  const std::size_t every = (count + 31) / 32;
  double names = 60, below = 0;
  for (const auto& line : series) names = std::max(names, text_width(line.name, 12.5) + 30);
  names = std::min(names, 210.0);
  for (const auto& layer : *layers) below = std::max(below, text_width(layer.name, 11.5));
  const double slot = (950 - names - 56) / std::max<double>(1, static_cast<double>(count));
  const bool turned = below > slot * static_cast<double>(every) - 8;
  below = turned ? std::min(below, 150.0) * 0.7 : 0;
  const double plot = std::max(230.0, 16.0 * static_cast<double>(series.size()));
  Svg svg(960, 44 + plot + 34 + below, "Signal over error of every layer");
  const Panel panel{{-0.3, std::max(static_cast<double>(count) - 0.9, 0.3), 56, 950 - names},
                    {least, most * 1.06, 44 + plot, 44},
                    "Signal over error of the layer's output, dB",
                    "",
                    {}};
  draw_axes(svg, panel, false);
  for (std::size_t k = 0; k < count; k += every) {
    std::string name = (*layers)[k].name;
    if (name.size() > 24) name = "…" + name.substr(name.size() - 22);
    const double at = panel.x(static_cast<double>(k));
    if (turned) {
      svg.text({at + 4, panel.y.from + 14}, name, "tick", Anchor::end, 40);
    } else {
      svg.text({at, panel.y.from + 18}, name, "tick", Anchor::middle);
    }
  }
  draw_series(svg, panel, series, count <= 40);
  return svg;
}

}  // namespace mho::report
