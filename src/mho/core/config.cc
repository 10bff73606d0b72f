#include "mho/core/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "mho/core/config_state.h"
#include "mho/core/error.h"
#include "mho/core/library.h"

namespace mho::core {

using nlohmann::json;

namespace {

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

json number_as_json(double value) { return std::isfinite(value) ? json(value) : json(plain(value)); }

const toml::node* find(const void* table, std::string_view key) {
  return table ? static_cast<const toml::table*>(table)->get(key) : nullptr;
}

}  // namespace

ConfigTable::ConfigTable(std::shared_ptr<ConfigState> state, const void* node, std::vector<std::string> path)
    : state_(std::move(state)), node_(node), path_(std::move(path)) {}

std::string ConfigTable::path() const { return dotted(path_); }

std::string ConfigTable::file_of(std::string_view key) const {
  return document_of(*state_, joined(path_, key));
}

bool ConfigTable::has(std::string_view key) const {
  state_->known[path_].insert(std::string(key));
  return find(node_, key) != nullptr;
}

void ConfigTable::ignore(std::string_view key) const { state_->known[path_].insert(std::string(key)); }

void ConfigTable::keep(std::string_view key) const {
  if (has(key)) record(*state_, joined(path_, key), as_json(*find(node_, key)));
}

void ConfigTable::leave_out(std::string_view key) const { state_->left_out.push_back(joined(path_, key)); }

void ConfigTable::note(std::string_view key, const json& value) const {
  state_->known[path_].insert(std::string(key));
  record(*state_, joined(path_, key), value);
}

void ConfigTable::holds(std::string_view key, const Digest& contents) const {
  state_->contents[dotted(joined(path_, key))] = contents;
}

void ConfigTable::complain_of_unknown(std::string_view key, const std::vector<std::string>& known) const {
  state_->complaints.push_back(unknown(*state_, joined(path_, key), known));
  ignore(key);
}

void ConfigTable::complain(std::string_view key, std::string_view message) const {
  int line = 0;
  const std::string place = where(*state_, joined(path_, key), &line);
  const std::string name = dotted(joined(path_, key));
  const std::string value = find(node_, key) ? " = " + quoted(*find(node_, key)) : "";
  // A key that was set on the command line is its own place.
  const std::string what = place.starts_with(name + "=") ? place : place + ": " + name + value;
  state_->complaints.emplace_back(line, what + ": " + std::string(message));
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

Config Config::from_file(const std::string& path) { return from_file(path, std::make_shared<Library>()); }

Config Config::from_file(const std::string& path, std::shared_ptr<Library> library) {
  const auto text = library->text(path);
  return from_text(*text, path, std::move(library));
}

Config Config::from_text(std::string_view text, const std::string& name) {
  return from_text(text, name, std::make_shared<Library>());
}

Config Config::from_text(std::string_view text, const std::string& name, std::shared_ptr<Library> library) {
  Config config;
  config.state_ = std::make_shared<ConfigState>();
  config.state_->name = name;
  config.state_->text = text;
  config.state_->library = std::move(library);
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
const std::shared_ptr<Library>& Config::library() const { return state_->library; }

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
  out.state_->places[path] = {fmt::format("{}={}", dotted_key, toml_value), 0, state_->name};
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

Config Config::without(const std::vector<std::string>& keys) const {
  Config out;
  out.state_ = copy_of_document(*state_);
  out.state_->complaints = state_->complaints;
  for (const auto& key : keys) {
    Path path = parsed_path(key);
    out.state_->left_out.push_back(path);
    const std::string name = path.back();
    path.pop_back();
    if (toml::table* at = descend(out.state_->root, path, false)) at->erase(name);
  }
  return out;
}

json Config::resolved() const {
  json out = state_->resolved;
  for (const auto& path : state_->left_out) forget(out, path);
  return out;
}

const std::map<std::string, Digest>& Config::contents() const { return state_->contents; }

void Config::take_complaints_of(const Config& other) {
  complain_of_unknown(*other.state_, other.state_->root, {});
  const auto& theirs = other.state_->complaints;
  state_->complaints.insert(state_->complaints.end(), theirs.begin(), theirs.end());
}

void Config::take_contents_of(const Config& other, std::string_view onto) {
  for (const auto& [key, contents] : other.state_->contents)
    state_->contents[onto.empty() ? key : fmt::format("{}.{}", onto, key)] = contents;
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
