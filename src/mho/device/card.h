#pragma once
// Reads a device card: TOML with the physics of one kind of cell, every block with its source.

#include <memory>
#include <string>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/library.h"
#include "mho/device/cell_models.h"

namespace mho::device {

/// Where the numbers of a block of a card come from.
struct Provenance {
  std::string block;   ///< "programming", "retention", …
  std::string kind;    ///< "measured", "published", "fitted", "assumed", "definition"; "" where not said
  std::string source;  ///< who says so
};

/// The folder of device cards, for core::locate_card.
inline constexpr const char* kCards = "devices";

/// The card of that name or path; `beside` is the file that names it ("" where a person does). A card of
/// many devices also answers to NAME-DEVICE and NAME-SET: "taox-3", "taox-medium", "domain-wall-stt-300k".
/// Throws InvalidInput with the names that there are.
core::Config load_card(const std::string& name_or_path, const std::string& beside = "",
                       const std::shared_ptr<core::Library>& library = std::make_shared<core::Library>());

/// The names of the devices and sets of a card of many devices; none for others.
std::vector<std::string> card_variants(
    const std::string& name,
    const std::shared_ptr<core::Library>& library = std::make_shared<core::Library>());

/// Names of all device cards, sorted.
std::vector<std::string> card_names();

/// Reads a whole card, a study's overrides laid over it. Complaints go to `card`.
CellModels read_models(core::Config& card);

/// What a card holds, with which of its devices it is.
core::Digest contents_of(const core::Config& card);

/// Writes to the resolved study what its table [device] gave of that which `card`, the two as one, has read.
/// What the card itself says stays in the card: a study that is run again, or a [[layer]] with a card of its
/// own, lays over a card only what somebody wrote there.
void note_given(const core::ConfigTable& device, const core::Config& card);

/// The blocks of the card with their sources, in a fixed order.
std::vector<Provenance> read_provenance(core::Config& card);

}  // namespace mho::device
