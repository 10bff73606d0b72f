#pragma once
// The points of a study: every combination of the values that its [sweep] section lists.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mho/core/config.h"

namespace mho::study {

/// One point: the study with the swept keys set to this point's values.
struct SweepPoint {
  nlohmann::ordered_json values;  ///< {dotted key: value}; empty where nothing is swept
  core::Config study;
};

/// How people call a point: {"adc.bits":4} is "adc.bits = 4"; of a swept device the card and what is
/// changed of it: {"device":{"card":"sonos-40nm","time_s":432000}} is "sonos-40nm, 5 days".
std::string label_of(const nlohmann::ordered_json& values);

/// Time in the unit that suits it: 25 is "25 s", 432000 is "5 days".
std::string duration_text(double seconds);

/// The Cartesian product of [sweep]; the last key varies fastest (keys in alphabetical order). `points` lists
/// tables of dotted keys that change together: [{"device.card" = "enode", "adc.bits" = 6}, …]. A study
/// without [sweep] is one point. Throws InvalidInput with all that is wrong with [sweep] (a value that is no
/// list, a key set twice) where some of it is right; where nothing is, it stays a complaint of `study`.
std::vector<SweepPoint> sweep_points(const core::Config& study);

/// The values of a table and of the tables in it by their dotted keys.
nlohmann::ordered_json flattened(const nlohmann::ordered_json& table);

/// A key of one table as TOML writes it: bare, or in quotes where it holds more than letters, digits, _ and
/// -.
std::string toml_key(const std::string& key);

/// A JSON value as TOML writes it: {"a":[1,"x"]} as {a = [1, "x"]}.
std::string as_toml(const nlohmann::ordered_json& value);

}  // namespace mho::study
