#pragma once
// Studies as results carry them: JSON that can be run again.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "mho/core/config.h"

namespace mho::study {

/// The study of a result with a [sweep]: what `given` says, with the defaults that all points share. Values
/// that only some points have (of a swept device's card) would bind the others, and are left out; every point
/// has its own resolved study beside.
nlohmann::ordered_json study_of_sweep(const core::Config& given,
                                      const std::vector<nlohmann::ordered_json>& points);

/// A study from JSON as results carry it. `name`: of the file that its paths are relative to. Throws
/// InvalidInput where it is no object or holds what TOML can't say.
core::Config study_from_json(const nlohmann::ordered_json& study, const std::string& name,
                             std::shared_ptr<core::Library> library);

/// A study file in TOML, or a result (.json), whose study it is then. Throws InvalidInput.
core::Config load_study(const std::string& path, std::shared_ptr<core::Library> library);

}  // namespace mho::study
