#pragma once
// What results of tasks are of (core/identity.h).

#include <string_view>

#include "mho/core/config.h"
#include "mho/core/identity.h"

namespace mho::study {

/// Of all numbers that the task makes of a point: its resolved settings that act (key_registry.h), and in the
/// place of every name of a file what its reader declared that it holds (ConfigTable::holds). Call it when
/// all has been read and opened. A number that less decides is of a part of it: Identity::only, without.
core::Identity identity_of(const core::Config& point, std::string_view task);

}  // namespace mho::study
