#pragma once
// The points of a study: every combination of the values that its [sweep] section lists.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "mho/core/config.h"

namespace mho::study {

/// One point: the study with the swept keys set to this point's values.
struct SweepPoint {
  std::vector<std::pair<std::string, std::string>> values;  ///< dotted key, value as TOML writes it
  core::Config study;

  /// "adc.bits = 4, device.card = taox"; "" where nothing is swept.
  std::string label() const;
};

/// The Cartesian product of [sweep]; the last key varies fastest (keys in alphabetical order). A study
/// without [sweep] is one point. A value that is no list, or an empty list, is a complaint of `study`.
std::vector<SweepPoint> sweep_points(const core::Config& study);

/// A JSON value as TOML writes it: {"a":[1,"x"]} as {a = [1, "x"]}.
std::string as_toml(const nlohmann::json& value);

}  // namespace mho::study
