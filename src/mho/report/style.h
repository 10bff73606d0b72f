#pragma once
// How pages look.

#include <string>

namespace mho::report {

/// Style sheet of a page, pictures included: light, dark, print.
std::string page_style();

}  // namespace mho::report
