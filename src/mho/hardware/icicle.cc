// A cost tree as a picture: each part as wide as its share of the whole, its own parts below it.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "mho/hardware/cost.h"
#include "mho/hardware/units.h"

namespace mho::hardware {
namespace {

constexpr double row_px = 26;
constexpr std::array<std::string_view, 8> fills{"#4e79a7", "#f28e2b", "#59a14f", "#e15759",
                                                "#76b7b2", "#edc948", "#b07aa1", "#9c755f"};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string readable(double value, std::string_view unit) {
  return unit == "m2" ? readable_area(value) : engineering(value, unit, 3);
}

struct Drawing {
  double Cost::*number;
  std::string_view unit;
  double whole;
  std::string body;
  int deepest = 0;
};

void draw(const Cost& cost, double x, double width, int level, std::size_t colour, Drawing& picture) {
  const double value = cost.*picture.number;
  if (width < 0.5 || value <= 0) return;
  picture.deepest = std::max(picture.deepest, level);
  const double y = level * row_px;
  const std::string text = readable(value, picture.unit);
  picture.body += fmt::format(
      "<g><title>{}: {} ({:.2f} %)</title><rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\" "
      "fill=\"{}\" fill-opacity=\"{:.2f}\" stroke=\"white\"/>",
      escaped(cost.name), text, 100 * value / picture.whole, x, y, width, row_px,
      fills[colour % fills.size()], std::max(0.45, 0.95 - 0.18 * level));
  const auto fits = static_cast<std::size_t>(std::max(0.0, width / 6.6 - 1));
  std::string label = fmt::format("{} {}", cost.name, text);
  if (label.size() > fits) label = cost.name;
  if (label.size() <= fits) {
    picture.body += fmt::format("<text x=\"{:.2f}\" y=\"{:.1f}\">{}</text>", x + 4, y + 17, escaped(label));
  }
  picture.body += "</g>\n";
  double at = x;
  for (std::size_t i = 0; i < cost.parts.size(); ++i) {
    const double share = width * (cost.parts[i].*picture.number) / value;
    draw(cost.parts[i], at, share, level + 1, level == 0 ? i : colour, picture);
    at += share;
  }
}

}  // namespace

std::string icicle_svg(const Cost& cost, double Cost::*number, std::string_view unit, double width_px) {
  Drawing picture{.number = number, .unit = unit, .whole = cost.*number, .body = ""};
  draw(cost, 0, width_px, 0, 0, picture);
  const double height = (picture.deepest + 1) * row_px;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"100%\" "
      "style=\"max-width:{0:.0f}px\" role=\"img\" aria-label=\"{2}\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n{3}</svg>\n",
      width_px, height, escaped(cost.name), picture.body);
}

}  // namespace mho::hardware
