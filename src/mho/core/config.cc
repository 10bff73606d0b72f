#include "mho/core/config.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "mho/core/error.h"

namespace mho::core {

using nlohmann::json;
using Path = std::vector<std::string>;  // keys; an element of an array of tables as "[2]"

struct Place {
  std::string file;
  int line = 0;
};

struct ConfigState {
  std::string name;
  std::string text;
  toml::table root;
  std::map<Path, Place> places;  // where each key was given; copies of TOML nodes forget it
  std::vector<std::pair<int, std::string>> complaints;  // line, message
  std::map<Path, std::set<std::string>> known;          // keys that a reader asked for, by table
  json resolved = json::object();
};

namespace {

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

std::string quoted(const toml::node& node) {
  std::ostringstream out;
  out << toml::node_view<const toml::node>(node);
  std::string text = out.str();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

std::string plain(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return fmt::format("{:g}", value);
}

std::string describe(const Limits& limits) {
  const bool below = std::isfinite(limits.min), over = std::isfinite(limits.max);
  if (below && over) {
    return fmt::format("a number {} {} and at most {}", limits.above_min ? "above" : "of at least",
                       plain(limits.min), plain(limits.max));
  }
  if (below)
    return fmt::format("a number {} {}", limits.above_min ? "above" : "of at least", plain(limits.min));
  if (over) return fmt::format("a number of at most {}", plain(limits.max));
  return "a number";
}

bool allows(const Limits& limits, double value) {
  return !std::isnan(value) && value <= limits.max &&
         (limits.above_min ? value > limits.min : value >= limits.min);
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

json number_as_json(double value) { return std::isfinite(value) ? json(value) : json(plain(value)); }

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

const toml::node* find(const void* table, std::string_view key) {
  return table ? static_cast<const toml::table*>(table)->get(key) : nullptr;
}

bool is_index(const std::string& key) { return key.starts_with('['); }

/// "adc.bits" as {"adc", "bits"}, "layer[2]" as {"layer", "[2]"}.
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

/// The table at `path`, made where it is absent and `make` is set; nullptr where there is none.
toml::table* descend(toml::table& root, const Path& path, bool make) {
  toml::node* at = &root;
  for (const auto& key : path) {
    if (is_index(key)) {
      auto* array = at->as_array();
      at = array ? array->get(std::stoul(key.substr(1))) : nullptr;
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
    state.places[path] = {source.path ? *source.path : state.name, static_cast<int>(source.begin.line)};
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

/// "study.toml:12" of the key, or of the nearest table around it that has a place.
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

std::shared_ptr<ConfigState> copy_of_document(const ConfigState& state) {
  auto out = std::make_shared<ConfigState>();
  out->name = state.name;
  out->text = state.text;
  out->root = state.root;
  out->places = state.places;
  return out;
}

}  // namespace

std::optional<std::string> nearest_word(std::string_view word, const std::vector<std::string>& known) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    std::vector<std::size_t> row(candidate.size() + 1);  // Levenshtein distance, one row at a time
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j < row.size(); ++j) {
        const std::size_t substituted = diagonal + (word[i - 1] != candidate[j - 1]);
        diagonal = row[j];
        row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

ConfigTable::ConfigTable(std::shared_ptr<ConfigState> state, const void* node, std::vector<std::string> path)
    : state_(std::move(state)), node_(node), path_(std::move(path)) {}

std::string ConfigTable::path() const { return dotted(path_); }

bool ConfigTable::has(std::string_view key) const {
  state_->known[path_].insert(std::string(key));
  return find(node_, key) != nullptr;
}

void ConfigTable::ignore(std::string_view key) const { state_->known[path_].insert(std::string(key)); }

void ConfigTable::note(std::string_view key, const json& value) const {
  state_->known[path_].insert(std::string(key));
  record(*state_, joined(path_, key), value);
}

void ConfigTable::complain(std::string_view key, std::string_view message) const {
  int line = 0;
  const std::string place = where(*state_, joined(path_, key), &line);
  const std::string value = find(node_, key) ? " = " + quoted(*find(node_, key)) : "";
  state_->complaints.emplace_back(
      line, fmt::format("{}: {}{}: {}", place, dotted(joined(path_, key)), value, message));
}

double ConfigTable::number(std::string_view key, double fallback, Limits limits) const {
  double value = fallback;
  if (has(key)) {
    const auto given = find(node_, key)->value<double>();
    if (given && !find(node_, key)->is_boolean() && allows(limits, *given)) {
      value = *given;
    } else {
      complain(key, "must be " + describe(limits));
    }
  }
  record(*state_, joined(path_, key), number_as_json(value));
  return value;
}

std::int64_t ConfigTable::integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                                  std::int64_t max) const {
  std::int64_t value = fallback;
  if (has(key)) {
    const auto* given = find(node_, key)->as_integer();
    if (given && given->get() >= min && given->get() <= max) {
      value = given->get();
    } else {
      std::string allowed = "must be a whole number";
      if (min > std::numeric_limits<std::int64_t>::min()) allowed += fmt::format(" of at least {}", min);
      if (max < std::numeric_limits<std::int64_t>::max())
        allowed += fmt::format("{} at most {}",
                               min > std::numeric_limits<std::int64_t>::min() ? " and" : " of", max);
      complain(key, allowed);
    }
  }
  record(*state_, joined(path_, key), value);
  return value;
}

bool ConfigTable::flag(std::string_view key, bool fallback) const {
  bool value = fallback;
  if (has(key)) {
    const auto* given = find(node_, key)->as_boolean();
    if (given) {
      value = given->get();
    } else {
      complain(key, "must be true or false");
    }
  }
  record(*state_, joined(path_, key), value);
  return value;
}

std::string ConfigTable::text(std::string_view key, std::string fallback) const {
  if (has(key)) {
    const auto* given = find(node_, key)->as_string();
    if (given) {
      fallback = given->get();
    } else {
      complain(key, "must be a text in quotes");
    }
  }
  record(*state_, joined(path_, key), fallback);
  return fallback;
}

std::string ConfigTable::word(std::string_view key, std::string_view fallback,
                              const std::vector<std::string>& allowed) const {
  std::string value(fallback);
  if (has(key)) {
    const auto* given = find(node_, key)->as_string();
    if (given && std::find(allowed.begin(), allowed.end(), given->get()) != allowed.end()) {
      value = given->get();
    } else {
      std::string message = fmt::format("must be one of \"{}\"", fmt::join(allowed, "\", \""));
      if (const auto near = given ? nearest_word(given->get(), allowed) : std::nullopt)
        message += fmt::format("; did you mean \"{}\"?", *near);
      complain(key, message);
    }
  }
  record(*state_, joined(path_, key), value);
  return value;
}

std::vector<double> ConfigTable::numbers(std::string_view key, std::vector<double> fallback,
                                         Limits limits) const {
  if (has(key)) {
    const auto* given = find(node_, key)->as_array();
    std::vector<double> values;
    bool good = given != nullptr;
    for (std::size_t i = 0; good && i < given->size(); ++i) {
      const auto v = given->get(i)->value<double>();
      good = v && allows(limits, *v);
      if (good) values.push_back(*v);
    }
    if (good) {
      fallback = std::move(values);
    } else {
      complain(key, "must be a list of numbers in brackets, each " + describe(limits));
    }
  }
  json list = json::array();
  for (double v : fallback) list.push_back(number_as_json(v));
  record(*state_, joined(path_, key), list);
  return fallback;
}

std::vector<std::int64_t> ConfigTable::integers(std::string_view key,
                                                std::vector<std::int64_t> fallback) const {
  if (has(key)) {
    const auto* given = find(node_, key)->as_array();
    std::vector<std::int64_t> values;
    bool good = given != nullptr;
    for (std::size_t i = 0; good && i < given->size(); ++i) {
      good = given->get(i)->is_integer();
      if (good) values.push_back(given->get(i)->as_integer()->get());
    }
    if (good) {
      fallback = std::move(values);
    } else {
      complain(key, "must be a list of whole numbers in brackets");
    }
  }
  record(*state_, joined(path_, key), fallback);
  return fallback;
}

std::vector<std::string> ConfigTable::texts(std::string_view key, std::vector<std::string> fallback) const {
  if (has(key)) {
    const auto* given = find(node_, key)->as_array();
    std::vector<std::string> values;
    bool good = given != nullptr;
    for (std::size_t i = 0; good && i < given->size(); ++i) {
      good = given->get(i)->is_string();
      if (good) values.push_back(given->get(i)->as_string()->get());
    }
    if (good) {
      fallback = std::move(values);
    } else {
      complain(key, "must be a list of texts in brackets");
    }
  }
  record(*state_, joined(path_, key), fallback);
  return fallback;
}

json ConfigTable::any(std::string_view key, const json& fallback) const {
  json value = has(key) ? as_json(*find(node_, key)) : fallback;
  record(*state_, joined(path_, key), value);
  return value;
}

ConfigTable ConfigTable::table(std::string_view key) const {
  const toml::table* below = nullptr;
  if (has(key)) {
    below = find(node_, key)->as_table();
    if (!below) complain(key, fmt::format("must be a table: [{}]", dotted(joined(path_, key))));
  }
  return {state_, below, joined(path_, key)};
}

std::vector<ConfigTable> ConfigTable::tables(std::string_view key) const {
  std::vector<ConfigTable> found;
  if (!has(key)) return found;
  const auto* given = find(node_, key)->as_array();
  if (!given ||
      !std::all_of(given->begin(), given->end(), [](const toml::node& n) { return n.is_table(); })) {
    complain(key, fmt::format("must be a list of tables: [[{}]]", dotted(joined(path_, key))));
    return found;
  }
  for (std::size_t i = 0; i < given->size(); ++i) {
    found.push_back(
        ConfigTable(state_, given->get(i)->as_table(), joined(joined(path_, key), fmt::format("[{}]", i))));
  }
  return found;
}

std::vector<std::string> ConfigTable::keys() const {
  std::vector<std::string> found;
  if (!node_) return found;
  for (const auto& [key, value] : *static_cast<const toml::table*>(node_)) found.emplace_back(key.str());
  return found;
}

Config Config::from_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InvalidInput(fmt::format("{}: can't be opened; give the path of a TOML file", path));
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || in.bad()) throw InvalidInput(fmt::format("{}: can't be read as a file", path));
  return from_text(text.str(), path);
}

Config Config::from_text(std::string_view text, const std::string& name) {
  Config config;
  config.state_ = std::make_shared<ConfigState>();
  config.state_->name = name;
  config.state_->text = text;
  try {
    config.state_->root = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw InvalidInput(fmt::format("{}:{}:{}: not valid TOML: {}", name, error.source().begin.line,
                                   error.source().begin.column, error.description()));
  }
  remember_places(*config.state_, config.state_->root, {});
  return config;
}

ConfigTable Config::root() const { return {state_, &state_->root, {}}; }
const std::string& Config::text() const { return state_->text; }
const std::string& Config::name() const { return state_->name; }

Config Config::with(std::string_view dotted_key, std::string_view toml_value) const {
  Path path = parsed_path(dotted_key);
  if (path.empty()) throw InvalidInput("a key to set must have a name, as in adc.bits=4");
  toml::table parsed;
  try {
    parsed = toml::parse(fmt::format("v = {}", toml_value));
  } catch (const toml::parse_error&) {
    parsed = toml::table{};
    parsed.insert("v", std::string(toml_value));
  }
  Config out;
  out.state_ = copy_of_document(*state_);
  out.state_->places[path] = {fmt::format("{}={}", dotted_key, toml_value), 0};
  const std::string key = path.back();
  path.pop_back();
  toml::table* at = descend(out.state_->root, path, true);
  if (!at)
    throw InvalidInput(fmt::format("{}: no such key can be set: {} is no table", dotted_key, dotted(path)));
  at->insert_or_assign(key, *parsed.get("v"));
  return out;
}

Config Config::overlaid(const Config& overrides, std::string_view path, std::string_view onto,
                        const std::vector<std::string>& except) const {
  Config out;
  out.state_ = copy_of_document(*state_);
  const Path from_path = parsed_path(path), onto_path = parsed_path(onto);
  const toml::table* from = descend(overrides.state_->root, from_path, false);
  toml::table* at = descend(out.state_->root, onto_path, true);
  if (from && at) overlay(*out.state_, onto_path, *at, *overrides.state_, from_path, *from, except);
  return out;
}

json Config::resolved() const { return state_->resolved; }

namespace {

void complain_of_unknown(ConfigState& state, const toml::table& table, const Path& path) {
  const auto asked = state.known.find(path);
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    if (asked == state.known.end() || !asked->second.contains(name)) {
      int line = 0;
      std::string message = fmt::format("{}: {}: unknown key", where(state, joined(path, name), &line),
                                        dotted(joined(path, name)));
      if (asked != state.known.end()) {
        const std::vector<std::string> known(asked->second.begin(), asked->second.end());
        if (const auto near = nearest_word(name, known)) {
          message += fmt::format("; did you mean \"{}\"?", *near);
        } else {
          message += fmt::format("; known here: {}", fmt::join(known, ", "));
        }
      }
      state.complaints.emplace_back(line, message);
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

}  // namespace

void Config::take_complaints_of(const Config& other) {
  complain_of_unknown(*other.state_, other.state_->root, {});
  const auto& theirs = other.state_->complaints;
  state_->complaints.insert(state_->complaints.end(), theirs.begin(), theirs.end());
}

void Config::finish() const {
  complain_of_unknown(*state_, state_->root, {});
  if (state_->complaints.empty()) return;
  std::stable_sort(state_->complaints.begin(), state_->complaints.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string message;
  std::set<std::string> said;
  for (const auto& [line, complaint] : state_->complaints) {
    if (said.insert(complaint).second) message += (message.empty() ? "" : "\n") + complaint;
  }
  state_->complaints.clear();
  throw InvalidInput(message);
}

}  // namespace mho::core
