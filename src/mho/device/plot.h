#pragma once
// Pictures of a cell: error against conductance, drift against time, current against voltage.

#include <string>
#include <vector>

#include "mho/core/picture/chart.h"
#include "mho/device/cell.h"
#include "mho/device/update.h"

namespace mho::device {

/// What the card says, as charts; those for which it says nothing are left out.
std::vector<core::Chart> charts_of(const Cell& cell);

/// How cells change by one pulse, from every state; none where updates are exact.
std::vector<core::Chart> charts_of(const std::string& name, const UpdateModel& model);

}  // namespace mho::device
