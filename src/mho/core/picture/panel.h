#pragma once
// A plot area: its axes, its grid and what is written at them.

#include <string>
#include <vector>

#include "mho/core/picture/scale.h"
#include "mho/core/picture/svg.h"

namespace mho::core {

/// From data to the pixels of a rectangle; y.from is its bottom, y.to its top.
struct Panel {
  Scale x;
  Scale y;
  std::string title;  ///< above it
  std::string x_title;
  std::vector<double> x_marks;  ///< where the x axis has ticks; empty: at round numbers
  std::string y_title = "";     ///< along its left edge
  bool columns = false;         ///< the grid has lines at the ticks of x, too
  double row_px = 48;           ///< about as far apart are ticks of y

  bool can_show(Point data) const { return x.can_show(data.x) && y.can_show(data.y); }
  Point at(Point data) const { return {x(data.x), y(data.y)}; }
};

/// A thin grid and labels at the left and bottom edge, these unless `x_ticks` is false.
void draw_axes(Svg& svg, const Panel& panel, bool x_ticks = true);

}  // namespace mho::core
