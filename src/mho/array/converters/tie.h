#pragma once
// How near to a step of a converter a current counts as on it.

#include <algorithm>
#include <cmath>

#include "mho/array/converters/converter.h"

namespace mho::array {

/// What a sum may be off by, in steps or of itself, because its terms were added in another order: 8
/// roundings of float32. Currents that cancel are exactly 0 in one order and 1e-17 in another, and 0 is a tie
/// of most converters.
constexpr double kTie = 0x1p-21;

/// Width of the tie above a threshold of a structured converter: a current there is still below it, in every
/// executor.
inline double tie(const Converters& c, double current) {
  return kTie * std::max(1 / c.steps, std::abs(current));
}

}  // namespace mho::array
