#pragma once
// What results of tasks are of (core/identity.h).

#include <string>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/identity.h"

namespace mho::study {

/// Of numbers that these sections of a point decide: its resolved settings, and in the place of every name of
/// a file what its reader declared that it holds (ConfigTable::holds). Call it when all has been read and
/// opened. Keys that say only how a run goes are left out: of [study] all but the seed, files that a run
/// writes and how often.
core::Identity identity_of(const core::Config& point, const std::vector<std::string>& sections);

}  // namespace mho::study
