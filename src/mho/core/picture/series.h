#pragma once
// What a panel shows: lines, points and bands, and their names.

#include <string>
#include <vector>

#include "mho/core/picture/panel.h"

namespace mho::core {

struct Series {
  enum class Kind { line, dashed, points, band };
  std::string name;           ///< "": has none
  int colour = 0;             ///< of eight
  std::vector<Point> points;  ///< data; of a band its one edge
  Kind kind = Kind::line;
  std::vector<Point> edge = {};  ///< of a band: the other edge
};

/// Points that have no place on the panel's scales are left out; a line is broken there.
void draw(Svg& svg, const Panel& panel, const Series& series);

/// Lines with their names beside their right ends, moved apart where they would overlap, and with `dots` at
/// their points that say their value.
void draw_series(Svg& svg, const Panel& panel, const std::vector<Series>& series, bool dots,
                 double least_distance = 15);

/// The names in a box, in the corner of the panel where the fewest points lie.
void draw_legend(Svg& svg, const Panel& panel, const std::vector<Series>& series);

}  // namespace mho::core
