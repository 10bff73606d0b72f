#pragma once
// Pictures of a cost section as results carry it, for pages that have only the document.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mho/core/picture/svg.h"
#include "mho/hardware/cost.h"

namespace mho::hardware {

/// Reads what to_json wrote. Throws InvalidInput where a key is missing or of another kind.
Cost cost_of(const nlohmann::json& node);

/// One number of a tree as an icicle (a flame graph upside down): every part is as wide as its share, its
/// parts below it. `unit` as in "J" or "m2".
core::Svg icicle(const Cost& cost, double Cost::*number, std::string_view unit);

struct CostPicture {
  std::string title;
  core::Svg svg;
};

/// Of a section as cost_json gives it: energy and area of the chip (or of the kernel VMM where there is no
/// network) by parts, and the design among published accelerators.
std::vector<CostPicture> cost_pictures(const nlohmann::json& section);

}  // namespace mho::hardware
