#pragma once
// Published chips beside what mho computes for them: one set of constants a chip (cards/accelerators), every
// published point with its error.

#include <string>
#include <vector>

#include "mho/core/config.h"
#include "mho/hardware/cost.h"
#include "mho/hardware/technology.h"

namespace mho::hardware {

struct Comparison {
  std::string point;     ///< "6 in, 8 out", "1.2 V"
  std::string quantity;  ///< "TOPS/W", "converters"
  std::string unit;
  double published = 0;
  double model = 0;
  bool fitted = false;  ///< a constant of the card was chosen for this number; the others are predictions
  double error() const { return model / published - 1; }
};

struct Validation {
  std::string name, title, source;
  std::vector<Comparison> comparisons;
  Cost rollup;  ///< of a chip given by its parts; without parts else
};

/// Computes every point of a card. Complaints go to `card`.
///
/// A card either names a tile, with [[point]] tables of bits, supply, phases and activity, and the published
/// tops, tops_per_w, energy_pj, latency_us energy_per_mac_fj or parts_pj of each; or it lists [[part]] tables
/// of powers and areas inside one another, which are rolled up and compared with [[check]] tables.
Validation validate(core::Config& card);
/// Finds it by name in cards/accelerators. Throws InvalidInput.
Validation load_validation(const std::string& name_or_path);
/// Names of the cards that can be validated.
std::vector<std::string> validation_names();

/// Comparisons as a table for people.
std::string text_of(const Validation& validation);

}  // namespace mho::hardware
