#pragma once
// Pictures as text: the one writer of SVG, which every chart is drawn with.
//
// Colours are classes (s0 … s7 for series, "ink", "muted", "grid") that style.h defines for light and dark; a
// page has that style sheet once, a picture that stands alone brings it.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mho::core {

/// & < > " as XML wants them.
std::string escaped(std::string_view text);

/// The width of a text in the page's font, estimated. [px]
double text_width(std::string_view text, double font_px);

enum class Anchor { start, middle, end };

struct Point {
  double x = 0;
  double y = 0;
};

class Svg {
 public:
  /// `title` is what a screen reader says of the picture.
  Svg(double width, double height, std::string title);

  void line(Point from, Point to, std::string_view style);
  void rectangle(Point corner, double width, double height, std::string_view style, double radius = 0);
  void circle(Point centre, double radius, std::string_view style, std::string_view tooltip = "");
  void path(const std::vector<Point>& points, std::string_view style, bool closed = false);
  /// Degrees turn the text around its own position, counter-clockwise.
  void text(Point at, std::string_view what, std::string_view style, Anchor anchor = Anchor::start,
            double degrees = 0);

  /// What `draw` draws has one tooltip.
  void group(std::string_view tooltip, const std::function<void()>& draw);
  /// What `draw` draws is cut off at the edges of a rectangle. For pictures that stand alone: names within a
  /// page would meet those of others.
  void clipped(Point corner, double width, double height, const std::function<void()>& draw);

  double width() const { return width_; }
  double height() const { return height_; }
  /// To stand inside a page that has the style sheet.
  std::string inlined() const;
  /// To stand alone as a file.
  std::string file() const;

 private:
  double width_;
  double height_;
  std::string title_;
  std::string body_;
  int clips_ = 0;
};

}  // namespace mho::core
