#pragma once
// Charts that only have to say what they show: limits from the data, a legend where there is room.

#include <string>
#include <vector>

#include "mho/core/picture/series.h"
#include "mho/core/picture/svg.h"

namespace mho::core {

struct Axis {
  std::string title;  ///< with its unit: "conductance [µS]"
  bool logarithmic = false;
  double low = 0, high = 0;  ///< equal: from the data
};

struct Chart {
  std::string title;
  std::string note;  ///< one line below the title
  Axis x, y;
  std::vector<Series> series;
};

/// A picture of its own, `width` units wide, with the charts below each other.
Svg picture_of(const std::vector<Chart>& charts, int width = 720);

}  // namespace mho::core
