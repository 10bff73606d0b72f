#include "mho/report/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mho/report/style.h"

namespace mho::report {
namespace {

/// Two decimals are finer than any screen.
std::string px(double v) {
  std::string out = fmt::format("{:.2f}", v);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out == "-0" ? "0" : out;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

double text_width(std::string_view text, double font_px) {
  return 0.6 * font_px * static_cast<double>(characters(text));
}

Svg::Svg(double width, double height, std::string title)
    : width_(width), height_(height), title_(std::move(title)) {}

void Svg::line(Point from, Point to, std::string_view style) {
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>\n", px(from.x),
                       px(from.y), px(to.x), px(to.y), style);
}

void Svg::rectangle(Point corner, double width, double height, std::string_view style, double radius) {
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\" class=\"{}\"/>\n",
                       px(corner.x), px(corner.y), px(std::max(width, 0.0)), px(height), px(radius), style);
}

void Svg::circle(Point centre, double radius, std::string_view style, std::string_view tooltip) {
  body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" class=\"{}\"", px(centre.x), px(centre.y),
                       px(radius), style);
  body_ += tooltip.empty() ? "/>\n" : fmt::format("><title>{}</title></circle>\n", escaped(tooltip));
}

void Svg::path(const std::vector<Point>& points, std::string_view style, bool closed) {
  if (points.empty()) return;
  std::string d;
  for (const auto& [x, y] : points) d += fmt::format("{}{} {}", d.empty() ? "M" : "L", px(x), px(y));
  body_ += fmt::format("<path d=\"{}{}\" class=\"{}\"/>\n", d, closed ? "Z" : "", style);
}

void Svg::text(Point at, std::string_view what, std::string_view style, Anchor anchor, double degrees) {
  const char* where = anchor == Anchor::start ? "start" : anchor == Anchor::middle ? "middle" : "end";
  const std::string turn =
      degrees == 0 ? "" : fmt::format(" transform=\"rotate({} {} {})\"", px(-degrees), px(at.x), px(at.y));
  body_ += fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", px(at.x),
                       px(at.y), style, where, turn, escaped(what));
}

std::string Svg::inlined() const {
  return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}</svg>\n", px(width_),
                     px(height_), escaped(title_), body_);
}

std::string Svg::file() const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "role=\"img\">\n<title>{2}</title>\n<style>{3}</style>\n"
      "<rect width=\"{0}\" height=\"{1}\" class=\"paper\"/>\n{4}</svg>\n",
      px(width_), px(height_), escaped(title_), picture_style(), body_);
}

double Scale::operator()(double v) const {
  const double share = logarithmic ? std::log(v / lo) / std::log(hi / lo) : (v - lo) / (hi - lo);
  return from + (to - from) * share;
}

std::vector<double> ticks(double lo, double hi, int count) {
  const double raw = (hi - lo) / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double nice : {1.0, 2.0, 2.5, 5.0}) {
    if (nice * power >= raw * (1 - 1e-9)) {
      step = nice * power;
      break;
    }
  }
  std::vector<double> out;
  const double first = std::ceil(lo / step - 1e-9);
  for (double k = first; k * step <= hi + 1e-9 * step; ++k) out.push_back(k * step);
  return out;
}

std::string tick_text(double value, double step) {
  if (std::abs(value) < step * 1e-6) return "0";
  int decimals = 0;
  for (double s = step; decimals < 9 && std::abs(s - std::round(s)) > 1e-6 * s; s *= 10) ++decimals;
  std::string out = fmt::format("{:.{}f}", value, decimals);
  if (out.front() == '-') out.replace(0, 1, "\u2212");
  return out;
}

void draw_axes(Svg& svg, const Panel& panel, bool x_ticks) {
  const auto& x = panel.x;
  const auto& y = panel.y;
  if (!panel.title.empty()) svg.text({x.from, y.to - 16}, panel.title, "heading");
  const auto rows = ticks(y.lo, y.hi, std::max(2, static_cast<int>((y.from - y.to) / 48)));
  const double row_step = rows.size() > 1 ? rows[1] - rows[0] : 1;
  for (const double v : rows) {
    svg.line({x.from, y(v)}, {x.to, y(v)}, std::abs(v) < row_step * 1e-6 ? "axis" : "grid");
    svg.text({x.from - 8, y(v) + 4}, tick_text(v, row_step), "tick", Anchor::end);
  }
  if (x_ticks) {
    const auto columns = panel.x_marks.empty()
                             ? ticks(x.lo, x.hi, std::max(2, static_cast<int>((x.to - x.from) / 70)))
                             : panel.x_marks;
    const double step = columns.size() > 1 ? columns[1] - columns[0] : 1;
    for (const double v : columns) {
      svg.line({x(v), y.from}, {x(v), y.from + 4}, "axis");
      const std::string text = x.logarithmic ? fmt::format("{:g}", v) : tick_text(v, step);
      svg.text({x(v), y.from + 18}, text, "tick", Anchor::middle);
    }
  }
  svg.line({x.from, y.from}, {x.to, y.from}, "axis");
  if (!panel.x_title.empty()) {
    svg.text({(x.from + x.to) / 2, y.from + 38}, panel.x_title, "label", Anchor::middle);
  }
}

void draw_series(Svg& svg, const Panel& panel, const std::vector<Series>& series, bool dots,
                 double least_distance) {
  std::vector<double> label_y(series.size());
  for (std::size_t s = 0; s < series.size(); ++s) {
    std::vector<Point> at;
    for (const auto& [vx, vy] : series[s].points) at.push_back({panel.x(vx), panel.y(vy)});
    svg.path(at, fmt::format("curve s{}", series[s].colour % 8));
    if (dots) {
      for (std::size_t i = 0; i < at.size(); ++i) {
        svg.circle(at[i], 3, fmt::format("dot s{}", series[s].colour % 8),
                   fmt::format("{}: {:.4g}", series[s].name, series[s].points[i].y));
      }
    }
    label_y[s] = at.empty() ? panel.y.from : at.back().y;
  }
  // Names from top to bottom as the ends of their lines, pushed apart, then kept within the panel.
  std::vector<std::size_t> order(series.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return label_y[a] < label_y[b]; });
  const std::vector<double> wanted = label_y;
  for (std::size_t i = 1; i < order.size(); ++i) {
    label_y[order[i]] = std::max(label_y[order[i]], label_y[order[i - 1]] + least_distance);
  }
  double floor = panel.y.from + 4;
  for (std::size_t i = order.size(); i-- > 0; floor -= least_distance) {
    label_y[order[i]] = std::min(label_y[order[i]], floor);
    floor = std::min(floor, label_y[order[i]]);
  }
  for (std::size_t s = 0; s < series.size(); ++s) {
    if (series[s].name.empty() || series[s].points.empty()) continue;
    const double end = panel.x(series[s].points.back().x);
    svg.path({{end + 3, wanted[s]}, {panel.x.to + 10, label_y[s]}, {panel.x.to + 18, label_y[s]}},
             fmt::format("leader s{}", series[s].colour % 8));
    svg.text({panel.x.to + 22, label_y[s] + 4}, series[s].name, "name");
  }
}

}  // namespace mho::report
