#pragma once
// What `mho cost` and `mho run` do with a study whose task is its cost.

#include <string>

#include "mho/cli/verbs.h"
#include "mho/core/config.h"

namespace mho::cli {

/// SVG files that are asked for beside the answer; "" for none.
struct CostPictures {
  std::string energy;      ///< where the energy goes
  std::string comparison;  ///< the design among published accelerators
};

/// Computes every point of the study, prints it (one line a point where there is a [sweep]) and writes the
/// answer where --json was given: the keys of cost_json, or {"points": [{"values", …}]}. Throws InvalidInput.
void run_cost_study(const core::Config& study, const std::string& study_file, const CostPictures& pictures,
                    const Common& common);

}  // namespace mho::cli
