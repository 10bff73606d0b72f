#pragma once
// What every result document starts with: what was asked, of which program, on which machine.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "mho/core/config.h"

namespace mho::study {

std::string version();  ///< of mho, "0.1.0"

/// {"task", "name", "version", "seed", "machine", "study_text"}.
nlohmann::ordered_json document_head(std::string_view task, const core::Config& study, std::uint64_t seed);

/// Writes a document with two spaces of indentation, whole or not at all. Throws SystemFailure.
void write_document(const std::string& path, const nlohmann::ordered_json& document);
/// Throws InvalidInput where the file is absent or no JSON object.
nlohmann::ordered_json read_document(const std::string& path);

}  // namespace mho::study
