#pragma once
// Published accelerators as data (cards/accelerators/comparison.toml), and a picture that places a design
// among them.

#include <string>
#include <vector>

#include "mho/core/picture/svg.h"

namespace mho::hardware {

struct PublishedAccelerator {
  std::string name;
  std::string kind;  ///< "digital", "mixed-signal", "analog"
  double process_nm = 0;
  double activation_bits = 0, weight_bits = 0;
  std::string workload;
  double tops = 0, tops_per_w = 0, tops_per_mm2 = 0;  ///< 0: not published
  double ops_per_mac = 2;                             ///< how its figures count
  std::string evidence;                               ///< "measured", "simulated", "specified"
  std::string source;
};

/// Throws InvalidInput where the card is wrong.
std::vector<PublishedAccelerator> load_comparison(const std::string& name_or_path = "comparison");

/// TOPS/W (2 operations a multiply-accumulate, logarithmic) against the bits of an activation, coloured by
/// kind; `own` points are drawn as diamonds.
core::Svg comparison_chart(const std::vector<PublishedAccelerator>& published,
                           const std::vector<PublishedAccelerator>& own);

}  // namespace mho::hardware
