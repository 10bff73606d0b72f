#include "mho/core/identity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "mho/core/answers_version.h"

namespace mho::core {

using nlohmann::json;

Identity::Identity() : answers_(kAnswersVersion) {}

void Identity::add_settings(const json& settings, const std::string& prefix) {
  for (const auto& [key, value] : settings.items()) {
    const std::string dotted = prefix.empty() ? key : fmt::format("{}.{}", prefix, key);
    if (contents_.contains(dotted)) continue;
    if (value.is_object()) {
      add_settings(value, dotted);
    } else {
      settings_[dotted] = value;
    }
  }
}

void Identity::add_contents(const std::string& key, const Digest& digest) {
  contents_[key] = hex(digest);
  settings_.erase(key);
}

namespace {

/// Whether the key is `part`, or lies in the table, or list of tables, `part`.
bool lies_in(std::string_view key, std::string_view part) {
  return key.starts_with(part) &&
         (key.size() == part.size() || key[part.size()] == '.' || key[part.size()] == '[');
}

/// Erases the keys that lie in one of `parts`, or those that don't.
template <typename Map>
void erase(Map& map, const std::vector<std::string>& parts, bool inside) {
  std::erase_if(map, [&](const auto& entry) {
    return inside == std::any_of(parts.begin(), parts.end(),
                                 [&](const auto& part) { return lies_in(entry.first, part); });
  });
}

}  // namespace

Identity Identity::only(const std::vector<std::string>& parts) const {
  Identity out = *this;
  erase(out.settings_, parts, false);
  erase(out.contents_, parts, false);
  return out;
}

Identity Identity::without(const std::vector<std::string>& parts) const {
  Identity out = *this;
  erase(out.settings_, parts, true);
  erase(out.contents_, parts, true);
  return out;
}

json Identity::as_json() const {
  return {{"identity", text()}, {"answers", answers_}, {"settings", settings_}, {"contents", contents_}};
}

std::string Identity::text() const {
  const json all = {{"answers", answers_}, {"settings", settings_}, {"contents", contents_}};
  return hex(sha256(all.dump()));
}

Identity Identity::from_json(const json& from) {
  Identity out;
  out.answers_ = from.at("answers").get<int>();
  out.settings_ = from.at("settings").get<decltype(settings_)>();
  out.contents_ = from.at("contents").get<decltype(contents_)>();
  return out;
}

std::string Identity::differences_from(const Identity& then) const {
  std::vector<std::string> out;
  const auto keys_of = [](const auto& a, const auto& b) {
    std::set<std::string> keys;
    for (const auto* map : {&a, &b}) {
      for (const auto& [key, value] : *map) keys.insert(key);
    }
    return keys;
  };
  const auto said = [](const auto& map, const std::string& key) {
    const auto found = map.find(key);
    return found == map.end() ? "not set" : found->second.dump();
  };
  for (const auto& key : keys_of(settings_, then.settings_)) {
    const std::string was = said(then.settings_, key), is = said(settings_, key);
    if (was != is) out.push_back(fmt::format("{} was {}, is {}", key, was, is));
  }
  for (const auto& key : keys_of(contents_, then.contents_)) {
    const auto was = then.contents_.find(key), is = contents_.find(key);
    if (was == then.contents_.end()) {
      out.push_back(fmt::format("it had no {}", key));
    } else if (is == contents_.end()) {
      out.push_back(fmt::format("it had {}, now there is none", key));
    } else if (was->second != is->second) {
      out.push_back(fmt::format("{} holds other contents", key));
    }
  }
  if (then.answers_ != answers_)
    out.push_back(fmt::format("it was made by another version of mho (answers {}, this one's are {})",
                              then.answers_, answers_));
  return fmt::format("{}", fmt::join(out, "; "));
}

}  // namespace mho::core
