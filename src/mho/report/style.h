#pragma once
// How reports look: one palette that the colour-blind can tell apart (after Okabe and Ito, Color Universal
// Design, 2008), darker for light paper and lighter for dark screens; thin grids; tabular figures.

#include <string>

namespace mho::report {

/// Style sheet of pictures: the classes that charts use. Follows the reader's light or dark scheme.
std::string picture_style();

/// Style sheet of a page, pictures included: light, dark, print.
std::string page_style();

}  // namespace mho::report
