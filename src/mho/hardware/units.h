#pragma once
// Units as they stand on cards ("fF/um", "pJ/bit"), and numbers and lists as people read them ("4.2 pJ").

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mho::hardware {

/// A unit: how many SI units it is, and its dimension as powers of metre, kilogram, second and ampere.
/// Bits and counts have no dimension; a byte is 8.
struct Unit {
  double si = 1;
  std::array<int, 4> dimension{};
};

/// Reads products and quotients of prefixed units with whole powers: "fF/um", "pJ", "um2", "nW/bit",
/// "1/ns". Nothing where a symbol is unknown.
std::optional<Unit> parse_unit(std::string_view text);

/// A number with the prefix that leaves one to three digits before the point: engineering(4.2e-12, "J")
/// is "4.2 pJ". For areas use square_mm.
std::string engineering(double value, std::string_view unit, int digits = 4);

/// An area as "0.372 mm²" or "1200 µm²".
std::string readable_area(double area_m2);

/// "conv1, conv2, conv3 and 49 more".
std::string few_of(const std::vector<std::string>& names);

}  // namespace mho::hardware
