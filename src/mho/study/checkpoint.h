#pragma once
// The file that a killed training goes on from.

#include <cstdint>
#include <string>
#include <vector>

#include "mho/core/identity.h"

namespace mho::study {

/// Writes the states of all trials, whole or not at all. Throws SystemFailure.
void write_checkpoint(const std::string& path, const core::Identity& of,
                      const std::vector<std::vector<std::uint8_t>>& states);

/// Throws InvalidInput where the file is no checkpoint, is damaged, or is of something else than `of`, with
/// what differs.
std::vector<std::vector<std::uint8_t>> read_checkpoint(const std::string& path, const core::Identity& of);

}  // namespace mho::study
