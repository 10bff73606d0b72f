#pragma once
// Where the cost of a chip is of something else than what was simulated or asked for, in words.

#include <string>
#include <vector>

#include "mho/hardware/design.h"
#include "mho/hardware/layer_shape.h"

namespace mho::hardware {

/// One sentence each, none twice: what a design takes for granted (Design::notes), cells of the study's
/// device where the tile card has others, and the column whose current exceeds most what the tile's periphery
/// is made for; without layers that of a full array. A periphery is made for the larger of what its own cells
/// would carry on as many rows and, where lines end in integrators, the bias of an integrator: its power over
/// the supply. Compared are means, at the activity that the energy is computed with.
std::vector<std::string> notes_of(const Design& chip, const std::vector<LayerShape>& layers);

}  // namespace mho::hardware
