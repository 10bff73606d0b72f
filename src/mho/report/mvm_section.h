#pragma once
// Products on arrays, as task "mvm" gives them, on a page.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mho::report {

/// HTML of a result of task "mvm": errors of every point and chip; "" for other documents. Throws
/// InvalidInput where the document is damaged.
std::string mvm_section(const nlohmann::ordered_json& document);

}  // namespace mho::report
