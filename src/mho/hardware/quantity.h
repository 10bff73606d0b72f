#pragma once
// A constant of the physical world: its value, its unit, who says so, and how they know.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mho/core/config.h"
#include "mho/core/library.h"

namespace mho::hardware {

enum class Kind {
  measured,   ///< on silicon
  published,  ///< in a paper or in the code of a published model, simulated or measured there
  derived,    ///< follows from other values by arithmetic that the source states
  fitted,     ///< chosen so that a published result comes out
  assumed,    ///< an engineer's estimate
};
std::string_view name(Kind kind);

/// "kind: where from" of one or more constants; shared, because every cost of a tree carries one.
using Source = std::shared_ptr<const std::string>;
Source source_of(std::string text);

/// A constant as it stands on a card: { value = 0.2, unit = "fF/um", kind = "published", source = "…" }.
struct Quantity {
  double value = 0;  ///< in SI units
  Kind kind = Kind::assumed;
  Source source;  ///< "published: Chen et al. …"

  operator double() const { return value; }  // NOLINT: a quantity computes as its value
};

/// Reads the quantity `key`. Its unit must have the dimension of `si_unit`; a missing value (where there
/// is no fallback), unit, kind or source is a complaint: a constant without a source is no constant.
Quantity read_quantity(const core::ConfigTable& table, std::string_view key, std::string_view si_unit,
                       core::Limits limits, std::optional<double> fallback = std::nullopt);

/// The card of that name or path (core/locate.h) among those of a kind: "technologies", "tiles",
/// "converters", "networks", "accelerators". `beside` is the file that names it ("" where a person does).
/// Throws InvalidInput that lists the cards there are.
core::Config load_card(const std::string& kind, const std::string& name_or_path,
                       const std::string& beside = "",
                       const std::shared_ptr<core::Library>& library = std::make_shared<core::Library>());

/// Names of the cards of a kind.
std::vector<std::string> cards_in(const std::string& kind);

}  // namespace mho::hardware
