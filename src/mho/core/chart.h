#pragma once
// Charts as SVG: lines, points and bands over linear or logarithmic axes, readable without any program.

#include <string>
#include <vector>

namespace mho::core {

struct Series {
  enum class Kind { line, dashed, points, band };
  std::string label;  ///< "" draws without a legend entry
  Kind kind = Kind::line;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> y_high;  ///< bands: the other edge
  int colour = -1;             ///< of eight, -1: the next one
};

struct Axis {
  std::string label;  ///< with its unit: "conductance [µS]"
  bool logarithmic = false;
  double low = 0, high = 0;  ///< equal: from the data
};

struct Chart {
  std::string title;
  std::string note;  ///< one line below the title
  Axis x, y;
  std::vector<Series> series;
};

/// One SVG document with the charts below each other, `width` units wide. Points that are not finite, or
/// not above zero on a logarithmic axis, are left out.
std::string svg(const std::vector<Chart>& charts, int width = 720);

/// "1.5", "20", "0.001", "1e-06": a number as a tick shows it.
std::string tick_label(double value);

/// Rounded values that divide [low, high] into about `count` parts, all within it.
std::vector<double> ticks(double low, double high, bool logarithmic, int count = 6);

}  // namespace mho::core
