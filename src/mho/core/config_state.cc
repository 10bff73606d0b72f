#include "mho/core/config_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>
#include <utility>

#include "mho/core/config.h"

namespace mho::core {

using nlohmann::json;

namespace {

bool is_index(const std::string& key) { return key.starts_with('['); }

/// 2 of "[2]"; nothing where no number stands there.
std::optional<std::size_t> index_of(const std::string& key) {
  std::size_t index = 0;
  const auto [end, failed] = std::from_chars(key.data() + 1, key.data() + key.size(), index);
  return failed == std::errc() && end == key.data() + key.size() - 1 && *end == ']' ? std::optional(index)
                                                                                    : std::nullopt;
}

}  // namespace

std::shared_ptr<ConfigState> copy_of_document(const ConfigState& state) {
  auto out = std::make_shared<ConfigState>();
  out->name = state.name;
  out->text = state.text;
  out->library = state.library;
  out->root = state.root;
  out->places = state.places;
  out->left_out = state.left_out;
  return out;
}

std::string dotted(const Path& path) {
  std::string out;
  for (const auto& key : path) {
    if (!out.empty() && !key.starts_with('[')) out += '.';
    out += key;
  }
  return out;
}

Path joined(Path path, std::string_view key) {
  path.emplace_back(key);
  return path;
}

Path parsed_path(std::string_view text) {
  Path path;
  std::string key;
  for (const char c : text) {
    if ((c == '.' || c == '[') && !key.empty()) path.push_back(std::exchange(key, ""));
    if (c != '.') key += c;
  }
  if (!key.empty()) path.push_back(key);
  return path;
}

toml::table* descend(toml::table& root, const Path& path, bool make) {
  toml::node* at = &root;
  for (const auto& key : path) {
    if (is_index(key)) {
      auto* array = at->as_array();
      const auto index = index_of(key);
      at = array && index ? array->get(*index) : nullptr;
    } else {
      auto* table = at->as_table();
      if (!table) return nullptr;
      at = table->get(key);
      if (!at && make) at = &table->insert(key, toml::table{}).first->second;
    }
    if (!at) return nullptr;
  }
  return at->as_table();
}

void remember_places(ConfigState& state, const toml::node& node, const Path& path) {
  const auto& source = node.source();
  if (source.begin)
    state.places[path] = {source.path ? *source.path : state.name, static_cast<int>(source.begin.line), ""};
  if (const auto* table = node.as_table()) {
    for (const auto& [key, value] : *table) {
      const Path below = joined(path, key.str());
      remember_places(state, value, below);
      if (!value.is_array_of_tables()) state.places[below].line = static_cast<int>(key.source().begin.line);
    }
  } else if (const auto* array = node.as_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      // Numbers of a list have the place of the list: tables of measurements are long.
      if (!array->get(i)->is_value())
        remember_places(state, *array->get(i), joined(path, fmt::format("[{}]", i)));
    }
  }
}

std::string document_of(const ConfigState& state, Path path) {
  for (;; path.pop_back()) {
    const auto found = state.places.find(path);
    if (found != state.places.end())
      return found->second.document.empty() ? found->second.file : found->second.document;
    if (path.empty()) return state.name;
  }
}

std::string where(const ConfigState& state, Path path, int* line) {
  for (;; path.pop_back()) {
    const auto found = state.places.find(path);
    if (found != state.places.end() && !(path.empty() && found->second.line <= 1)) {
      *line = found->second.line;
      return *line > 0 ? fmt::format("{}:{}", found->second.file, *line) : found->second.file;
    }
    if (path.empty()) break;
  }
  *line = 0;
  return state.name;
}

void overlay(ConfigState& state, const Path& path, toml::table& onto, const ConfigState& source,
             const Path& source_path, const toml::table& from, const std::vector<std::string>& except) {
  for (const auto& [key, value] : from) {
    if (std::find(except.begin(), except.end(), key.str()) != except.end()) continue;
    const Path here = joined(path, key.str());
    const Path there = joined(source_path, key.str());
    auto* below = onto.get_as<toml::table>(key.str());
    if (below && value.is_table()) {
      overlay(state, here, *below, source, there, *value.as_table(), {});
      continue;
    }
    onto.insert_or_assign(key, value);
    for (auto at = source.places.lower_bound(there); at != source.places.end(); ++at) {
      if (at->first.size() < there.size() || !std::equal(there.begin(), there.end(), at->first.begin()))
        break;
      Path moved = here;
      moved.insert(moved.end(), at->first.begin() + static_cast<std::ptrdiff_t>(there.size()),
                   at->first.end());
      state.places[moved] = at->second;
    }
  }
}

std::pair<int, std::string> unknown(const ConfigState& state, const Path& path,
                                    const std::vector<std::string>& known) {
  int line = 0;
  std::string message = fmt::format("{}: {}: unknown key", where(state, path, &line), dotted(path));
  if (const auto near = nearest_word(path.back(), known)) {
    message += fmt::format("; did you mean \"{}\"?", *near);
  } else if (!known.empty()) {
    message += fmt::format("; known here: {}", fmt::join(known, ", "));
  }
  return {line, message};
}

void complain_of_unknown(ConfigState& state, const toml::table& table, const Path& path) {
  const auto asked = state.known.find(path);
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    if (asked == state.known.end() || !asked->second.contains(name)) {
      std::vector<std::string> known;
      if (asked != state.known.end()) known.assign(asked->second.begin(), asked->second.end());
      state.complaints.push_back(unknown(state, joined(path, name), known));
    } else if (const auto* below = value.as_table(); below && state.known.contains(joined(path, name))) {
      complain_of_unknown(state, *below, joined(path, name));
    } else if (const auto* list = value.as_array()) {
      for (std::size_t i = 0; i < list->size(); ++i) {
        const Path element = joined(joined(path, name), fmt::format("[{}]", i));
        if (const auto* entry = list->get(i)->as_table(); entry && state.known.contains(element)) {
          complain_of_unknown(state, *entry, element);
        }
      }
    }
  }
}

std::string plain(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return fmt::format("{:g}", value);
}

std::string quoted(const toml::node& node) {
  std::ostringstream out;
  out << toml::node_view<const toml::node>(node);
  std::string text = out.str();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

json as_json(const toml::node& node) {
  if (auto v = node.as_boolean()) return v->get();
  if (auto v = node.as_integer()) return v->get();
  if (auto v = node.as_floating_point()) {
    return std::isfinite(v->get()) ? json(v->get()) : json(std::isnan(v->get()) ? "nan" : plain(v->get()));
  }
  if (auto v = node.as_string()) return v->get();
  if (auto v = node.as_array()) {
    json out = json::array();
    for (const auto& element : *v) out.push_back(as_json(element));
    return out;
  }
  if (auto v = node.as_table()) {
    json out = json::object();
    for (const auto& [key, value] : *v) out[std::string(key.str())] = as_json(value);
    return out;
  }
  return quoted(node);  // dates and times
}

void record(ConfigState& state, const Path& path, json value) {
  json* at = &state.resolved;
  for (const auto& key : path) {
    if (key.starts_with('[')) {
      if (!at->is_array()) *at = json::array();
      const std::size_t index = std::stoul(key.substr(1));
      while (at->size() <= index) at->push_back(json::object());
      at = &(*at)[index];
    } else {
      if (!at->is_object()) *at = json::object();
      at = &(*at)[key];
    }
  }
  *at = std::move(value);
}

void forget(json& resolved, const Path& path) {
  if (path.size() == 1 && resolved.is_object()) {
    resolved.erase(path.front());
    return;
  }
  json* below = nullptr;
  if (is_index(path.front())) {
    const auto index = index_of(path.front());
    if (resolved.is_array() && index && *index < resolved.size()) below = &resolved[*index];
  } else if (resolved.is_object() && resolved.contains(path.front())) {
    below = &resolved[path.front()];
  }
  if (below == nullptr) return;
  forget(*below, {path.begin() + 1, path.end()});
  if (resolved.is_object() && below->is_object() && below->empty()) resolved.erase(path.front());
}

}  // namespace mho::core
