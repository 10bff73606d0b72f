#pragma once
// Pictures as text: a small writer of SVG, and the scales that charts stand on.
//
// Colours are classes (s0 … s7 for series, "ink", "muted", "grid") that the style sheet of the page or of
// the stand-alone picture defines for light and dark.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mho::report {

/// & < > " as XML wants them.
std::string escaped(std::string_view text);

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
};

/// From data to pixels.
struct Scale {
  double lo = 0;
  double hi = 1;
  double from = 0;
  double to = 1;
  bool logarithmic = false;  ///< lo and hi above 0
  double operator()(double v) const;
};

/// About `count` round numbers (1, 2, 2.5, 5 × 10^n apart) that lie within [lo, hi].
std::vector<double> ticks(double lo, double hi, int count);
/// A tick as text with no more digits than its neighbours need.
std::string tick_text(double value, double step);

/// A plot area with a thin grid and labels at its left and bottom edge.
struct Panel {
  Scale x;
  Scale y;
  std::string title;
  std::string x_title;
  std::vector<double> x_marks;  ///< where the x axis has ticks; empty: at round numbers
};
void draw_axes(Svg& svg, const Panel& panel, bool x_ticks = true);

/// Lines with their names beside their right ends, moved apart where they would overlap.
struct Series {
  std::string name;
  int colour = 0;
  std::vector<Point> points;  ///< data
};
void draw_series(Svg& svg, const Panel& panel, const std::vector<Series>& series, bool dots,
                 double least_distance = 15);

/// The width of a text in the page's font, estimated. [px]
double text_width(std::string_view text, double font_px);

}  // namespace mho::report
