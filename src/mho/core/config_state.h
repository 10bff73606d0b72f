#pragma once
// What a Config and its tables share: the TOML document, where its keys were given, complaints, and what was
// read. For config.cc and config_state.cc alone.

#include <toml++/toml.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mho/core/sha256.h"

namespace mho::core {

class Library;
using Path = std::vector<std::string>;  ///< keys; an element of an array of tables as "[2]"

struct Place {
  std::string file;  ///< or the setting of the command line, "adc.bits=4"
  int line = 0;
  std::string document;  ///< the name of the document that the setting belongs to; "": `file` is one
};

struct ConfigState {
  std::string name;
  std::string text;
  std::shared_ptr<Library> library;
  toml::table root;
  std::map<Path, Place> places;  ///< where each key was given; copies of TOML nodes forget it
  std::vector<std::pair<int, std::string>> complaints;  ///< line, message
  std::map<Path, std::set<std::string>> known;          ///< keys that a reader asked for, by table
  nlohmann::json resolved = nlohmann::json::object();
  std::map<std::string, Digest> contents;  ///< of files, by the dotted key that names them
  std::vector<Path> left_out;              ///< keys that the resolved document doesn't show
};

/// The document alone, with no complaint and nothing read.
std::shared_ptr<ConfigState> copy_of_document(const ConfigState& state);

std::string dotted(const Path& path);
Path joined(Path path, std::string_view key);
/// "adc.bits" as {"adc", "bits"}, "layer[2]" as {"layer", "[2]"}.
Path parsed_path(std::string_view text);
/// The table at `path`, made where it is absent and `make` is set; nullptr where there is none.
toml::table* descend(toml::table& root, const Path& path, bool make);

void remember_places(ConfigState& state, const toml::node& node, const Path& path);
/// The document that the key, or the nearest table around it that has a place, was given in.
std::string document_of(const ConfigState& state, Path path);
/// "study.toml:12" of the key, or of the nearest table around it that has a place.
std::string where(const ConfigState& state, Path path, int* line);
/// Lays `from`, at `source_path` of `source`, over `onto`, at `path` of `state`, without the keys `except`.
void overlay(ConfigState& state, const Path& path, toml::table& onto, const ConfigState& source,
             const Path& source_path, const toml::table& from, const std::vector<std::string>& except);
/// Line and text of the complaint that there is no such key, with the nearest of those that there are.
std::pair<int, std::string> unknown(const ConfigState& state, const Path& path,
                                    const std::vector<std::string>& known);
/// Complains of the keys of `table` that no reader asked for.
void complain_of_unknown(ConfigState& state, const toml::table& table, const Path& path);

std::string plain(double value);  ///< "0.5", "inf"
/// As TOML writes it, shortened.
std::string quoted(const toml::node& node);
nlohmann::json as_json(const toml::node& node);
/// Writes to the resolved document.
void record(ConfigState& state, const Path& path, nlohmann::json value);
/// Takes the value at `path` out of a resolved document, and the tables that are empty then.
void forget(nlohmann::json& resolved, const Path& path);

}  // namespace mho::core
