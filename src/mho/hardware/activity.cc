#include "mho/hardware/activity.h"

#include <algorithm>
#include <cmath>

namespace mho::hardware {

double mean_conductance_of(std::span<const float> weights, const array::Mapping& mapping, double g_off) {
  double largest = 0;
  for (const float w : weights) largest = std::max(largest, static_cast<double>(std::abs(w)));
  const double range =
      mapping.weight_range.kind == array::WeightRange::Kind::value ? mapping.weight_range.value : largest;
  if (weights.empty() || range <= 0) return 0.5;
  double magnitude = 0, sum = 0;
  for (const float w : weights) {
    const double clipped = std::clamp(static_cast<double>(w) / range, -1.0, 1.0);
    magnitude += std::abs(clipped);
    sum += clipped;
  }
  const auto n = static_cast<double>(weights.size());
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
