#include "mho/core/library.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "mho/core/error.h"
#include "mho/core/own_cards.h"

namespace mho::core {

std::string Library::locate(const std::string& name, const std::string& beside) const {
  return core::locate(name, beside, path_);
}

std::string Library::locate_card(std::string_view kind, const std::string& name_or_path,
                                 const std::string& beside) const {
  return core::locate_card(kind, name_or_path, beside, path_);
}

std::vector<std::string> Library::cards_in(std::string_view kind) const {
  return core::cards_in(kind, path_);
}

std::shared_ptr<const std::string> Library::text(const std::string& file) {
  std::error_code failed;
  if (const auto own = own_card(std::filesystem::path(file).lexically_normal().string()))
    return std::make_shared<const std::string>(*own);
  const auto absolute = std::filesystem::absolute(file, failed).lexically_normal();
  const std::lock_guard lock(mutex_);
  auto& known = texts_[failed ? file : absolute.string()];
  if (known) return known;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw InvalidInput(fmt::format("{}: can't be opened", file));
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || in.bad()) throw InvalidInput(fmt::format("{}: can't be read as a file", file));
  return known = std::make_shared<const std::string>(text.str());
}

}  // namespace mho::core
