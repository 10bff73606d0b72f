// A cost tree as a picture: each part as wide as its share of the whole, its own parts below it.

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "mho/hardware/pictures.h"
#include "mho/hardware/units.h"

namespace mho::hardware {
namespace {

constexpr double kRow = 26, kWidth = 960;

class Icicle {
 public:
  Icicle(double Cost::*number, std::string_view unit) : number_(number), unit_(unit) {}

  /// Levels below the root that have anything to see.
  int depth(const Cost& cost, double width = kWidth) const {
    if (hidden(cost, width)) return 0;
    int deepest = 0;
    for (const auto& part : cost.parts) deepest = std::max(deepest, depth(part, share(part, cost, width)));
    return 1 + deepest;
  }

  core::Svg drawn(const Cost& cost) const {
    core::Svg svg(kWidth, kRow * std::max(1, depth(cost)), cost.name);
    draw(svg, cost, cost.*number_, {0, 0}, kWidth, 0, 0);
    return svg;
  }

 private:
  bool hidden(const Cost& cost, double width) const { return width < 0.5 || cost.*number_ <= 0; }
  double share(const Cost& part, const Cost& of, double width) const {
    return width * (part.*number_) / (of.*number_);
  }

  void draw(core::Svg& svg, const Cost& cost, double whole, core::Point at, double width, int level,
            std::size_t colour) const {
    if (hidden(cost, width)) return;
    const double value = cost.*number_;
    const std::string text = unit_ == "m2" ? readable_area(value) : engineering(value, unit_, 3);
    svg.group(fmt::format("{}: {} ({:.2f} %)", cost.name, text, 100 * value / whole), [&] {
      svg.rectangle(at, width, kRow, fmt::format("part s{} d{}", colour % 8, std::min(level, 3)));
      const auto fits = [&](const std::string& label) { return core::text_width(label, 11) <= width - 6.6; };
      const std::string full = cost.name + " " + text;
      const std::string& label = fits(full) ? full : cost.name;
      if (fits(label)) svg.text({at.x + 4, at.y + 17}, label, "name");
    });
    double x = at.x;
    for (std::size_t i = 0; i < cost.parts.size(); ++i) {
      const double part_width = share(cost.parts[i], cost, width);
      draw(svg, cost.parts[i], whole, {x, at.y + kRow}, part_width, level + 1, level == 0 ? i : colour);
      x += part_width;
    }
  }

  double Cost::*number_;
  std::string_view unit_;
};

}  // namespace

core::Svg icicle(const Cost& cost, double Cost::*number, std::string_view unit) {
  return Icicle(number, unit).drawn(cost);
}

}  // namespace mho::hardware
