#pragma once
// Pictures of a cell: error against conductance, drift against time, current against voltage.

#include <vector>

#include "mho/core/chart.h"
#include "mho/device/cell.h"

namespace mho::device {

/// What the card says, as charts; those for which it says nothing are left out.
std::vector<core::Chart> charts_of(const Cell& cell);

}  // namespace mho::device
