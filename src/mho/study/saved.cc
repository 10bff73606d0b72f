#include "mho/study/saved.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "mho/core/files.h"
#include "mho/core/library.h"
#include "mho/study/document.h"

namespace mho::study {

namespace fs = std::filesystem;

std::string numbered(const std::string& path, std::size_t number) {
  if (number == 0 || path.empty()) return path;
  auto file = fs::path(path);
  return file.replace_extension(fmt::format(".{}{}", number, file.extension().string()));
}

std::string saved_path(const core::Config& study, const core::TextKey& of_file, std::size_t number) {
  const auto table = study.root().table("study");
  const std::string name = table.text(of_file);
  const auto key = core::last_word(of_file.name);
  if (name.empty()) return "";
  const fs::path path = core::places_of(name, table.file_of(key), study.library()->path()).front();
  const std::string numbered_path = numbered(path.string(), number);
  if (const auto why = core::why_not_writable(numbered_path); !why.empty()) table.complain(key, why);
  return numbered_path;
}

void save_chip(const std::string& path, array::Chip chip, const core::Config& study,
               const std::string& identity) {
  if (!chip.origin) chip.origin.emplace();
  chip.origin->version = version();
  chip.origin->identity = identity;
  chip.origin->study = study.resolved();
  array::write_chip(path, chip);
}

}  // namespace mho::study
