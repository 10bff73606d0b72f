#pragma once
// Answers as JSON files.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mho::core {

/// Writes `document`, indented, atomically (files.h; SystemFailure). Numbers that JSON does not know (NaN,
/// inf) become null, bytes that are no UTF-8 the replacement character.
void write_json_file(const std::string& path, const nlohmann::json& document);

/// The file's document. Throws InvalidInput where it can't be read or is no JSON, with the byte.
nlohmann::json read_json_file(const std::string& path);

}  // namespace mho::core
