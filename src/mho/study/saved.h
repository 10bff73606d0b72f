#pragma once
// What a study keeps beside its result: chips and networks.

#include <cstddef>
#include <string>

#include "mho/array/chip/chip.h"
#include "mho/core/config.h"

namespace mho::study {

/// "Y.npy" of point 2 is "Y.2.npy"; of number 0, which is no point of a sweep, itself.
std::string numbered(const std::string& path, std::size_t number);

/// Where the file that a key of [study] names goes: beside the document that names it; of point `number` of a
/// sweep with .number before the suffix, "chip.2.npz", where it is not 0. "" where the key names none. A
/// folder that is not there becomes a complaint: hours of work should not end with it.
std::string saved_path(const core::Config& study, const core::TextKey& of_file, std::size_t number);

/// Writes a chip with where it comes from: this version, the identity of the result that it belongs to, the
/// study as resolved. Throws core::SystemFailure.
void save_chip(const std::string& path, array::Chip chip, const core::Config& study,
               const std::string& identity);

}  // namespace mho::study
