#pragma once
// How pictures look: one palette that the colour-blind can tell apart (after Okabe and Ito, Color Universal
// Design, 2008), darker for light paper and lighter for dark screens; thin grids; tabular figures.

#include <string>

namespace mho::core {

/// Style sheet of pictures: the classes that charts use, and the variables of the palette ("--ink", "--s0",
/// …). Follows the reader's light or dark scheme.
std::string picture_style();

}  // namespace mho::core
