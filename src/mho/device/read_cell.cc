// From a study's [device] section to a Cell: finds the card, lays the section over it, reads both as one.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "mho/core/error.h"
#include "mho/device/card.h"
#include "mho/device/cell.h"

namespace mho::device {
namespace fs = std::filesystem;

std::vector<std::string> card_folders() {
  std::vector<std::string> folders;
  const auto add = [&](const fs::path& folder) {
    std::error_code failed;
    if (fs::is_directory(folder / "devices", failed)) folders.push_back(folder.lexically_normal().string());
  };
  if (const char* given = std::getenv("MHO_CARDS")) add(given);  // NOLINT(concurrency-mt-unsafe): read once
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) add(program.parent_path().parent_path() / "share" / "mho" / "cards");
  add(MHO_INSTALLED_CARDS);
  add(MHO_SOURCE_CARDS);
  return folders;
}

std::vector<std::string> card_names() {
  std::set<std::string> names;
  for (const auto& folder : card_folders()) {
    for (const auto& entry : fs::directory_iterator(fs::path(folder) / "devices")) {
      if (entry.path().extension() == ".toml") names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

std::string find_card(const std::string& name_or_path) {
  std::error_code failed;
  if (name_or_path.ends_with(".toml") || name_or_path.find('/') != std::string::npos) {
    if (fs::is_regular_file(name_or_path, failed)) return name_or_path;
    throw core::InvalidInput(fmt::format("no device card lies at {}", name_or_path));
  }
  for (const auto& folder : card_folders()) {
    const fs::path path = fs::path(folder) / "devices" / (name_or_path + ".toml");
    if (fs::is_regular_file(path, failed)) return path.string();
  }
  const auto names = card_names();
  const auto near = core::nearest_word(name_or_path, names);
  throw core::InvalidInput(fmt::format("there is no device card \"{}\"{}; known are {}", name_or_path,
                                       near ? fmt::format(" (did you mean \"{}\"?)", *near) : "",
                                       fmt::join(names, ", ")));
}

Cell read_cell(core::Config& study) {
  const auto device = study.root().table("device");
  const std::string name = device.text("card", "ideal");
  core::Config base;
  try {
    base = load_card(name);
  } catch (const core::InvalidInput& error) {
    device.complain("card", error.what());
    for (const auto& key : device.keys()) device.ignore(key);
    return Cell();
  }
  core::Config card = base.overlaid(study, "device", "", {"card"});
  const CellModels models = read_models(card);
  study.take_complaints_of(card);
  const nlohmann::json resolved = card.resolved();
  for (const auto& [key, value] : resolved.items()) device.note(key, value);
  for (const auto& key : device.keys()) device.ignore(key);
  return Cell(std::make_shared<const CellModels>(models));
}

}  // namespace mho::device
