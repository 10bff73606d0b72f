#pragma once
// Values that a user lays over a study: --set adc.bits=4.

#include <functional>
#include <string>

#include "mho/core/config.h"

namespace mho::study {

/// The study with a dotted key set to a TOML value, which beats what the study says: it replaces a list of
/// [sweep] for that key, and is set in every point of `points` and in every swept table around the key. A
/// [[layer]] that says otherwise still wins. `say` hears a line about each of these; it may be empty. Throws
/// InvalidInput where the key has no name or lies in what is no table.
core::Config with_setting(const core::Config& study, const std::string& key, const std::string& value,
                          const std::function<void(const std::string&)>& say);

}  // namespace mho::study
