#pragma once
// Reads a device card: TOML with the physics of one kind of cell, every block with its source.

#include "mho/core/config.h"
#include "mho/device/cell_models.h"

namespace mho::device {

/// Where the numbers of a block of a card come from.
struct Provenance {
  std::string block;   ///< "programming", "retention", …
  std::string kind;    ///< "measured", "published", "fitted", "assumed", "definition"; "" where not said
  std::string source;  ///< who says so
};

/// Reads a whole card, a study's overrides laid over it. Complaints go to `card`.
CellModels read_models(core::Config& card);

/// The blocks of the card with their sources, in a fixed order.
std::vector<Provenance> read_provenance(core::Config& card);

}  // namespace mho::device
