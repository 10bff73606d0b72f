#include "mho/core/picture/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mho/core/picture/style.h"

namespace mho::core {
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

void Svg::group(std::string_view tooltip, const std::function<void()>& draw) {
  body_ += fmt::format("<g><title>{}</title>\n", escaped(tooltip));
  draw();
  body_ += "</g>\n";
}

void Svg::clipped(Point corner, double width, double height, const std::function<void()>& draw) {
  const int number = clips_++;
  body_ += fmt::format(
      "<clipPath id=\"clip{0}\"><rect x=\"{1}\" y=\"{2}\" width=\"{3}\" height=\"{4}\"/></clipPath>\n"
      "<g clip-path=\"url(#clip{0})\">\n",
      number, px(corner.x), px(corner.y), px(width), px(height));
  draw();
  body_ += "</g>\n";
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

}  // namespace mho::core
