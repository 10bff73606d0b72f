#pragma once
// What a run says at its end on a terminal.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mho::report {

/// Tables of a result of any task. `file`: named where the document is damaged, which throws InvalidInput.
std::string result_text(const nlohmann::ordered_json& document, const std::string& file);

}  // namespace mho::report
