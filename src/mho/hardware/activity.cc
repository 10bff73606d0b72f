#include "mho/hardware/activity.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "mho/array/mapping/coding.h"

namespace mho::hardware {

double mean_conductance_of(core::MatrixView<const float> weights, const array::Mapping& mapping,
                           double g_off) {
  const auto n = static_cast<double>(weights.rows * weights.cols);
  if (n == 0) return 0.5;
  const std::vector<double> ranges = array::weight_ranges(mapping, weights);
  double magnitude = 0, sum = 0;
  for (std::size_t j = 0; j < weights.rows; ++j) {
    const double range = ranges[ranges.size() == 1 ? 0 : j];
    for (const float w : weights.row(j)) {
      const double clipped = std::clamp(static_cast<double>(w) / range, -1.0, 1.0);
      magnitude += std::abs(clipped);
      sum += clipped;
    }
  }
  const double r = 1 - g_off;
  switch (mapping.scheme) {
    case array::Scheme::differential:
      return g_off + r * magnitude / n / 2;
    case array::Scheme::differential_two_sided:
      return g_off + r / 2;
    case array::Scheme::offset:
    case array::Scheme::offset_unit_column:
      return g_off + r * (sum / n + 1) / 2;
  }
  return 0.5;
}

}  // namespace mho::hardware
