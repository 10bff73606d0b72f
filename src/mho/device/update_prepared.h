#pragma once
// A model with everything worked out that its kernels look up. Internal to the device layer.

#include <vector>

#include "mho/device/update.h"
#include "mho/device/update_crosssim.h"
#include "mho/device/update_kernels.h"

namespace mho::device {

struct Updater::Prepared {
  UpdateModel model;
  std::vector<std::int32_t> mean;
  std::vector<std::int16_t> spread;
  TableKernel table;
  AnalyticKernel analytic;
  MeanSteps mean_step;
  std::vector<CrossSimTable> crosssim;  ///< of the rule crosssim_2_0
};

}  // namespace mho::device
