#include "mho/study/overrides.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "mho/core/error.h"
#include "mho/study/sweep.h"

namespace mho::study {
namespace {

using json = nlohmann::ordered_json;
using Say = std::function<void(const std::string&)>;

/// "adc.bits" lies in "adc" and in itself.
bool lies_in(const std::string& key, const std::string& table) {
  return key.starts_with(table) && (key.size() == table.size() || key[table.size()] == '.');
}

/// "time_s" of "device.time_s" in "device".
std::string below(const std::string& key, const std::string& table) { return key.substr(table.size() + 1); }

/// Sets a dotted key in a table of tables.
void set_in(json& table, const std::string& key, const json& value) {
  const auto dot = key.find('.');
  if (dot == std::string::npos) {
    table[key] = value;
    return;
  }
  json& inner = table[key.substr(0, dot)];
  if (!inner.is_object()) inner = json::object();
  set_in(inner, key.substr(dot + 1), value);
}

/// What a table of tables holds under a dotted key; null where there is nothing.
json value_in(const json& table, const std::string& key) {
  const auto dot = key.find('.');
  const auto found = table.find(key.substr(0, dot));
  if (found == table.end()) return nullptr;
  if (dot == std::string::npos) return *found;
  return found->is_object() ? value_in(*found, key.substr(dot + 1)) : json();
}

/// Takes out the lists of [sweep] that lie in `key` and returns a line about each; `prefix` as in
/// Setting::beat.
std::vector<std::string> take_out(json& table, const std::string& key, const std::string& prefix = "") {
  std::vector<std::string> lines, gone;
  for (auto& [name, list] : table.items()) {
    const std::string swept = prefix.empty() ? name : fmt::format("{}.{}", prefix, name);
    if (list.is_object()) {
      for (auto& line : take_out(list, key, swept)) lines.push_back(std::move(line));
      if (list.empty()) gone.push_back(name);
    } else if (lies_in(swept, key)) {
      lines.push_back(fmt::format("stands instead of sweep.{} = {}", swept, as_toml(list)));
      gone.push_back(name);
    }
  }
  for (const auto& name : gone) table.erase(name);
  return lines;
}

/// The same study with another list of [sweep], whichever way the key of the one there is written.
core::Config with_list(const core::Config& study, const std::string& key, const json& list, const Say& say) {
  json sweep = json(study.without({}).root().any("sweep", nullptr));  // of a copy: nothing counts as read
  if (!sweep.is_object()) sweep = json::object();
  json lists = json::object();
  lists[below(key, "sweep")] = list;
  const json flat = flattened(lists);
  for (const auto& [name, values] : flat.items()) {
    for (const auto& line : take_out(sweep, name)) {
      if (say) say(fmt::format("--set {}={}: {}", key, as_toml(list), line));
    }
    sweep[name] = values;
  }
  return study.with("sweep", as_toml(sweep));
}

/// A value laid over a study.
struct Setting {
  std::string key;
  json value;

  /// Sets it in all points where one of them names the key; true where it did.
  bool set_in_points(json& points) const {
    bool named = false;
    for (json& point : points) {
      if (!point.is_object()) return false;  // the sweep complains of it
      point = flattened(point);
      for (const auto& [name, value_there] : point.items()) named = named || lies_in(name, key);
    }
    if (!named) return false;
    for (json& point : points) {
      json with = json::object();
      for (const auto& [name, value_there] : point.items()) {
        if (!lies_in(name, key)) with[name] = value_there;
      }
      with[key] = value;
      point = std::move(with);
    }
    return true;
  }

  /// Takes out or changes the lists of [sweep] that it beats and returns a line about each. `prefix`: of a
  /// table in [sweep], whose lists stand under parts of their keys.
  std::vector<std::string> beat(json& table, const std::string& prefix = "") const {
    std::vector<std::string> lines, replaced;
    for (auto& [name, list] : table.items()) {
      const std::string swept = prefix.empty() ? name : fmt::format("{}.{}", prefix, name);
      if (list.is_object()) {
        for (auto& line : beat(list, swept)) lines.push_back(std::move(line));
        if (list.empty()) replaced.push_back(name);
      } else if (!list.is_array()) {
        continue;  // the sweep complains of it
      } else if (swept == "points") {
        if (set_in_points(list)) lines.emplace_back("is set in every point of sweep.points");
      } else if (lies_in(swept, key)) {
        lines.push_back(fmt::format("stands instead of sweep.{} = {}", swept, as_toml(list)));
        replaced.push_back(name);
      } else if (lies_in(key, swept)) {
        for (json& swept_table : list) {
          if (!swept_table.is_object())
            throw core::InvalidInput(fmt::format("--set {}: sweep.{} = {} holds no tables to set it in", key,
                                                 swept, as_toml(list)));
          set_in(swept_table, below(key, swept), value);
        }
        lines.push_back(fmt::format("is set in every table of sweep.{}", swept));
      }
    }
    for (const auto& name : replaced) table.erase(name);
    return lines;
  }

  /// A line about every [[layer]] that says otherwise.
  std::vector<std::string> beaten_by(const json& layers) const {
    std::vector<std::string> lines;
    for (const json& layer : layers) {
      const json own = layer.is_object() ? value_in(layer, key) : json();
      json together = value;
      together.merge_patch(own);
      if (own.is_null() || together == value) continue;
      lines.push_back(fmt::format("layers that match {} keep {} = {}",
                                  as_toml(layer.value("match", json(""))), key, as_toml(own)));
    }
    return lines;
  }
};

}  // namespace

core::Config with_setting(const core::Config& study, const std::string& key, const std::string& value,
                          const Say& say) {
  core::Config out = study.with(key, value);
  const auto parsed = core::Config::from_text("", "").with("value", value);
  const Setting setting{key, json(parsed.root().any("value", nullptr))};
  if (key == "sweep") return out;
  if (lies_in(key, "sweep")) return with_list(study, key, setting.value, say);
  const auto asked = out.with(key, value).root();  // of a copy, in which nothing counts as read
  json sweep = json(asked.any("sweep", nullptr));
  if (key.starts_with("layer[") && sweep.is_object() && sweep.contains("layer"))
    throw core::InvalidInput(
        fmt::format("--set {}: sweep.layer stands instead of all [[layer]]: set it there", key));
  const auto lines = sweep.is_object() ? setting.beat(sweep) : std::vector<std::string>();
  if (!lines.empty()) out = out.with("sweep", as_toml(sweep));
  if (!say) return out;
  for (const auto& line : lines) say(fmt::format("--set {}={}: {}", key, value, line));
  if (lies_in(key, "layer")) return out;
  const json swept = sweep.is_object() ? sweep.value("layer", json()) : json();
  json layers = json::array({json(asked.any("layer", nullptr))});
  if (swept.is_array()) layers = swept;  // they stand instead of those of the study
  for (const json& tables : layers) {
    for (const auto& line : setting.beaten_by(tables.is_array() ? tables : json::array()))
      say(fmt::format("--set {}={}: {}", key, value, line));
  }
  return out;
}

}  // namespace mho::study
