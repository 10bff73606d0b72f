#include "mho/core/locate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "mho/core/config.h"
#include "mho/core/error.h"
#include "mho/core/own_cards.h"
#include "mho/core/runtime_state.h"

namespace mho::core {
namespace fs = std::filesystem;

namespace {

/// What the build writes into its folder: the path of the source's cards.
constexpr const char* kBuildNote = "mho-cards.path";

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value ? value : "";
}

bool is_file(const fs::path& path) {
  std::error_code failed;
  if (own_card(path.lexically_normal().string())) return true;
  return fs::exists(path, failed) && !fs::is_directory(path, failed);
}

bool is_folder(const fs::path& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

/// Where the cards of the running program lie.
std::string cards_of_program() {
  std::string own(kOwnCards);
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return own;
  const fs::path installed = program.parent_path().parent_path() / "share" / "mho" / "cards";
  if (is_folder(installed)) return installed.string();
  for (fs::path folder = program.parent_path();; folder = folder.parent_path()) {
    std::string cards;
    if (std::ifstream note(folder / kBuildNote); note && std::getline(note, cards) && is_folder(cards))
      return cards;
    if (folder == folder.parent_path()) return own;
  }
}

std::vector<std::string> card_folders(std::string_view kind, const SearchPath& path) {
  std::vector<std::string> folders;
  for (const auto& cards : {path.cards, path.installed_cards}) {
    if (!cards.empty()) folders.push_back((fs::path(cards) / kind).string());
  }
  return folders;
}

std::string cards_unset(const SearchPath& path) { return path.cards.empty() ? "; MHO_CARDS is not set" : ""; }

}  // namespace

SearchPath search_path() {
  if (const auto& given = runtime_here().search) return *given;
  return {
      .data = variable("MHO_DATA"), .cards = variable("MHO_CARDS"), .installed_cards = cards_of_program()};
}

std::vector<std::string> places_of(const std::string& name, const std::string& beside,
                                   const SearchPath& path) {
  if (fs::path(name).is_absolute()) return {name};
  std::vector<std::string> places;
  const auto add = [&](const fs::path& place) {
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place.string());
  };
  if (!beside.empty()) add(fs::path(beside).parent_path() / name);
  add(name);
  if (!path.data.empty()) add(fs::path(path.data) / name);
  return places;
}

std::string looked_for(const std::vector<std::string>& places, const SearchPath& path) {
  std::string out = "looked for ";
  for (const auto& place : places) {
    if (&place != &places.front()) out += ", ";
    out += place + (is_folder(place) ? " (a folder)" : "");
  }
  const bool absolute = places.size() == 1 && fs::path(places.front()).is_absolute();
  return out + (path.data.empty() && !absolute ? "; MHO_DATA is not set" : "");
}

std::string locate(const std::string& name, const std::string& beside, const SearchPath& path) {
  const auto places = places_of(name, beside, path);
  const auto found = std::find_if(places.begin(), places.end(), is_file);
  if (found != places.end()) return *found;
  if (!fs::path(name).is_absolute())
    throw InvalidInput(fmt::format("there is no file {}: {}", name, looked_for(places, path)));
  if (is_folder(name)) throw InvalidInput(name + " is a folder, not a file");
  throw InvalidInput("there is no file " + name);
}

bool is_card_path(std::string_view name_or_path) {
  return name_or_path.ends_with(".toml") || name_or_path.find('/') != std::string_view::npos;
}

std::string locate_card(std::string_view kind, const std::string& name_or_path, const std::string& beside,
                        const SearchPath& path) {
  const bool bare = !is_card_path(name_or_path);
  auto places = bare ? std::vector<std::string>() : places_of(name_or_path, beside, path);
  for (const auto& folder : card_folders(kind, path)) {
    if (!fs::path(name_or_path).is_absolute())
      places.push_back((fs::path(folder) / (bare ? name_or_path + ".toml" : name_or_path)).string());
  }
  const auto found = std::find_if(places.begin(), places.end(), is_file);
  if (found != places.end()) return *found;
  if (!bare) {
    throw InvalidInput(fmt::format("there is no card at {}: {}{}", name_or_path, looked_for(places, path),
                                   cards_unset(path)));
  }
  const auto names = cards_in(kind, path);
  const auto near = nearest_word(name_or_path, names);
  throw InvalidInput(fmt::format("there is no card \"{}\" in cards/{}{}; known are {}{}", name_or_path, kind,
                                 near ? fmt::format(" (did you mean \"{}\"?)", *near) : "",
                                 names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
                                 cards_unset(path)));
}

std::vector<std::string> cards_in(std::string_view kind, const SearchPath& path) {
  std::set<std::string> names;
  for (const auto& folder : card_folders(kind, path)) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      if (entry.path().extension() == ".toml") names.insert(entry.path().stem().string());
    }
  }
  if (path.installed_cards == kOwnCards) {
    for (const auto& [card, text] : own_cards()) {
      if (fs::path(card).parent_path() == kind) names.insert(fs::path(card).stem().string());
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace mho::core
