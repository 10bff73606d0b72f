#pragma once
// The chip that a study names: [device] chip.

#include <memory>

#include "mho/array/chip/chip.h"
#include "mho/array/mapping/settings.h"
#include "mho/core/config.h"

namespace mho::array {

/// The chip of device.chip; null where the study names none, or (then there is a complaint) none can be read.
/// The file is read once for a study and all that is derived from it. What of `cell` only programming asks
/// for, faults above all, becomes a complaint where it can't act on cells that are there.
std::shared_ptr<const Chip> read_chip_key(const core::Config& study, const device::Cell& cell);

/// `mapping` with the scheme, bits and slices that the chip says of its matrices, where they agree.
Mapping mapping_of(const Chip& chip, Mapping mapping);

}  // namespace mho::array
