#pragma once
// The update rule of CrossSim 2.0, for comparison: the mean of a table is a left sum, the draw takes the
// nearest grid point (even grids) or interpolates (uneven ones). The two don't match, so E[e] is not zero.

#include <cstdint>
#include <span>
#include <vector>

#include "mho/device/update.h"

namespace mho::device {

struct CrossSimTable {
  const UpdateTable* table = nullptr;
  bool even = false;                       ///< both grids evenly spaced
  std::vector<double> mean_up, mean_down;  ///< left sums by conductance, in units of the range
  MeanSteps mean_step;                     ///< in units of the range
};

CrossSimTable crosssim_table(const UpdateTable& table, const UpdateModel& model);

void update_by_crosssim(std::span<const CrossSimTable> tables, const UpdateModel& model, std::span<float> g,
                        float scale, std::span<const float> column, std::span<const std::uint32_t> bits,
                        const std::uint8_t* member);

}  // namespace mho::device
