#pragma once
// The cost of a design on the page of its accuracy: figures, where the efficiency goes, pictures.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mho::report {

/// HTML of a result's "cost" (of its first point where it is a sweep); of all that a result of task "cost"
/// has; "" where there is none.
/// Throws InvalidInput where the section is damaged.
std::string cost_section(const nlohmann::ordered_json& document);

}  // namespace mho::report
