#include "mho/core/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mho::core {
namespace {

constexpr const char* kColours[] = {"#1f5fa8", "#c8442e", "#2f8f5b", "#8a5bb0",
                                    "#d08a1d", "#3fa0b5", "#7a7a7a", "#b0527d"};
constexpr int kHeight = 380, kLeft = 78, kRight = 24, kTop = 64, kBottom = 62;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

bool usable(double v, const Axis& axis) { return std::isfinite(v) && (!axis.logarithmic || v > 0); }

/// The axis with its limits: given, or those of the data with a little room.
Axis with_limits(const Axis& axis, const std::vector<Series>& series, bool is_x) {
  if (axis.low != axis.high) return axis;
  Axis out = axis;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  const auto take = [&](const std::vector<double>& values) {
    for (const double v : values) {
      if (!usable(v, axis)) continue;
      low = std::min(low, v);
      high = std::max(high, v);
    }
  };
  for (const auto& s : series) {
    take(is_x ? s.x : s.y);
    if (!is_x) take(s.y_high);
  }
  if (!(low <= high)) {
    low = axis.logarithmic ? 0.1 : 0;
    high = 1;
  }
  if (axis.logarithmic) {
    const double room = is_x ? 1 : std::pow(high / low, 0.05) * 1.05;
    out.low = low / room;
    out.high = low == high ? high * 10 : high * room;
  } else {
    const double room = low == high ? std::max(std::fabs(low), 1.0) : is_x ? 0 : 0.06 * (high - low);
    out.low = low >= 0 && low - room < 0.25 * high ? 0 : low - room;
    out.high = high <= 0 && high + room > 0 ? 0 : high + room;
    if (is_x && low < 0) out.low = low;
  }
  return out;
}

struct Frame {
  Axis x, y;
  double left, right, top, bottom;

  static double along(const Axis& a, double v) {
    return a.logarithmic ? std::log(v / a.low) / std::log(a.high / a.low) : (v - a.low) / (a.high - a.low);
  }
  double px(double v) const { return left + along(x, v) * (right - left); }
  double py(double v) const { return bottom - along(y, v) * (bottom - top); }
};

void draw_axes(std::string& out, const Frame& f) {
  for (const double v : ticks(f.x.low, f.x.high, f.x.logarithmic)) {
    out += fmt::format("<line class=\"g\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>",
                       f.px(v), f.top, f.bottom);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", f.px(v),
                       f.bottom + 18, tick_label(v));
  }
  for (const double v : ticks(f.y.low, f.y.high, f.y.logarithmic)) {
    out += fmt::format("<line class=\"g\" x1=\"{1:.1f}\" x2=\"{2:.1f}\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>",
                       f.py(v), f.left, f.right);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", f.left - 8,
                       f.py(v) + 4, tick_label(v));
  }
  out += fmt::format("<path class=\"a\" d=\"M{0:.1f},{1:.1f}V{2:.1f}H{3:.1f}\"/>\n", f.left, f.top, f.bottom,
                     f.right);
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" class=\"l\">{}</text>\n",
                     (f.left + f.right) / 2, f.bottom + 42, escaped(f.x.label));
  const double middle = (f.top + f.bottom) / 2, at = f.left - 58;
  out += fmt::format(
      "<text x=\"{0:.1f}\" y=\"{1:.1f}\" text-anchor=\"middle\" class=\"l\" transform=\"rotate(-90 {0:.1f} "
      "{1:.1f})\">{2}</text>\n",
      at, middle, escaped(f.y.label));
}

std::string outline(const Frame& f, const Series& s) {
  std::string path;
  bool pen_down = false;
  for (std::size_t i = 0; i < s.x.size() && i < s.y.size(); ++i) {
    if (!usable(s.x[i], f.x) || !usable(s.y[i], f.y)) {
      pen_down = false;
      continue;
    }
    path += fmt::format("{}{:.1f},{:.1f}", pen_down ? "L" : "M", f.px(s.x[i]), f.py(s.y[i]));
    pen_down = true;
  }
  return path;
}

std::string band_outline(const Frame& f, const Series& s) {
  std::string path, back;
  for (std::size_t i = 0; i < s.x.size() && i < s.y.size() && i < s.y_high.size(); ++i) {
    if (!usable(s.x[i], f.x) || !usable(s.y[i], f.y) || !usable(s.y_high[i], f.y)) continue;
    path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "M" : "L", f.px(s.x[i]), f.py(s.y[i]));
    back = fmt::format("L{:.1f},{:.1f}", f.px(s.x[i]), f.py(s.y_high[i])) + back;
  }
  return path.empty() ? path : path + back + "Z";
}

void draw_series(std::string& out, const Frame& f, const Series& s, const char* colour) {
  if (s.kind == Series::Kind::points) {
    out += fmt::format("<g fill=\"{}\" fill-opacity=\"0.55\">", colour);
    for (std::size_t i = 0; i < s.x.size() && i < s.y.size(); ++i) {
      if (usable(s.x[i], f.x) && usable(s.y[i], f.y))
        out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2\"/>", f.px(s.x[i]), f.py(s.y[i]));
    }
    out += "</g>\n";
  } else if (s.kind == Series::Kind::band) {
    out += fmt::format("<path d=\"{}\" fill=\"{}\" fill-opacity=\"0.16\"/>\n", band_outline(f, s), colour);
  } else {
    out += fmt::format(
        "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-linejoin=\"round\"{}/>\n",
        outline(f, s), colour, s.kind == Series::Kind::dashed ? " stroke-dasharray=\"6 4\"" : "");
  }
}

void draw_legend(std::string& out, const Frame& f, const Chart& chart,
                 const std::vector<const char*>& colours) {
  std::size_t longest = 0;
  int entries = 0;
  for (const auto& s : chart.series) {
    longest = std::max(longest, s.label.size());
    entries += !s.label.empty();
  }
  if (entries == 0) return;
  // The corner of the frame that the fewest points lie in.
  const double wide = 34 + 6.6 * static_cast<double>(longest), high = 12 + 18.0 * entries;
  double best_x = 0, best_y = 0;
  int fewest = std::numeric_limits<int>::max();
  for (const auto& corner : {std::pair{f.right - wide - 6, f.top + 6},
                             {f.left + 8, f.top + 6},
                             {f.left + 8, f.bottom - high - 6},
                             {f.right - wide - 6, f.bottom - high - 6}}) {
    const double x = corner.first, y = corner.second;
    int inside = 0;
    const auto count = [&](const Series& s, const std::vector<double>& values) {
      for (std::size_t i = 0; i < s.x.size() && i < values.size(); ++i) {
        if (!usable(s.x[i], f.x) || !usable(values[i], f.y)) continue;
        const double px = f.px(s.x[i]), py = f.py(values[i]);
        inside += px > x && px < x + wide && py > y && py < y + high;
      }
    };
    for (const auto& s : chart.series) {
      count(s, s.y);
      count(s, s.y_high);
    }
    if (inside < fewest) {
      fewest = inside;
      best_x = x;
      best_y = y;
    }
  }
  out += fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"4\" class=\"k\"/>\n", best_x,
      best_y, wide, high);
  double y = best_y + 18;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const auto& s = chart.series[i];
    if (s.label.empty()) continue;
    const bool wide_mark = s.kind == Series::Kind::band;
    out += fmt::format(
        "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
        "stroke-width=\"{}\"{}{}/>",
        best_x + 8, best_x + 24, y - 4, y - 4, colours[i],
        wide_mark                        ? 9
        : s.kind == Series::Kind::points ? 4
                                         : 2,
        wide_mark ? " stroke-opacity=\"0.25\"" : "",
        s.kind == Series::Kind::dashed   ? " stroke-dasharray=\"5 3\""
        : s.kind == Series::Kind::points ? " stroke-dasharray=\"4 4\""
                                         : "");
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", best_x + 30, y, escaped(s.label));
    y += 18;
  }
}

}  // namespace

std::string tick_label(double value) {
  const double size = std::fabs(value);
  if (value == 0) return "0";
  if (size >= 1e4 || size < 1e-3) {
    const int exponent = static_cast<int>(std::floor(std::log10(size) + 1e-9));
    const std::string power = fmt::format("10<tspan dy=\"-5\" font-size=\"9\">{}</tspan>", exponent);
    const double factor = value / std::pow(10.0, exponent);
    return std::fabs(factor - 1) < 1e-6 ? power : fmt::format("{:.3g}·{}", factor, power);
  }
  return fmt::format("{:.4g}", value);
}

std::vector<double> ticks(double low, double high, bool logarithmic, int count) {
  std::vector<double> out;
  if (logarithmic) {
    const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
    const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
    const int every = std::max(1, (last - first + count) / count);
    for (int k = first; k <= last; k += every) out.push_back(std::pow(10.0, k));
    if (out.size() >= 3) return out;
    out.clear();
    for (int k = first - 1; k <= last; ++k) {
      for (const double m : {1.0, 2.0, 5.0}) {
        const double v = m * std::pow(10.0, k);
        if (v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9)) out.push_back(v);
      }
    }
    return out;
  }
  const double raw = (high - low) / count, power = std::pow(10.0, std::floor(std::log10(raw)));
  const double scaled = raw / power;
  const double step = power * (scaled < 1.5 ? 1 : scaled < 3.5 ? 2 : scaled < 7.5 ? 5 : 10);
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k)
    out.push_back(k == 0 ? 0 : k * step);
  return out;
}

std::string svg(const std::vector<Chart>& charts, int width) {
  const std::size_t height = charts.size() * kHeight;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#333\">\n"
      "<style>.g{{stroke:#e4e4e4;stroke-width:1}}.a{{stroke:#555;stroke-width:1.2;fill:none}}"
      ".l{{font-size:13px}}.t{{font-size:16px;font-weight:600;fill:#111}}.n{{fill:#777}}"
      ".k{{fill:#fff;fill-opacity:.88;stroke:#ddd}}</style>\n<rect width=\"100%\" height=\"100%\" "
      "fill=\"#fff\"/>\n",
      width, height);
  for (std::size_t c = 0; c < charts.size(); ++c) {
    const auto& chart = charts[c];
    const Frame f{with_limits(chart.x, chart.series, true),
                  with_limits(chart.y, chart.series, false),
                  kLeft,
                  static_cast<double>(width - kRight),
                  kTop,
                  kHeight - kBottom};
    out += fmt::format("<g transform=\"translate(0 {})\">\n<text x=\"{}\" y=\"26\" class=\"t\">{}</text>\n",
                       c * kHeight, kLeft, escaped(chart.title));
    out += fmt::format("<text x=\"{}\" y=\"46\" class=\"n\">{}</text>\n", kLeft, escaped(chart.note));
    draw_axes(out, f);
    std::vector<const char*> colours;
    int next = 0;
    for (const auto& s : chart.series) colours.push_back(kColours[(s.colour < 0 ? next++ : s.colour) % 8]);
    out += fmt::format(
        "<clipPath id=\"c{}\"><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\"/></clipPath>",
        c, f.left, f.top - 2, f.right - f.left, f.bottom - f.top + 4);
    out += fmt::format("<g clip-path=\"url(#c{})\">\n", c);
    for (std::size_t i = 0; i < chart.series.size(); ++i) draw_series(out, f, chart.series[i], colours[i]);
    out += "</g>\n";
    draw_legend(out, f, chart, colours);
    out += "</g>\n";
  }
  return out + "</svg>\n";
}

}  // namespace mho::core
