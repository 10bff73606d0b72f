#include "mho/core/json_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/core/files.h"

namespace mho::core {

void write_json_file(const std::string& path, const nlohmann::json& document) {
  write_file(path, document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

nlohmann::json read_json_file(const std::string& path) {
  const Bytes bytes = read_file(path);
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  try {
    return nlohmann::json::parse(text, text + bytes.size());
  } catch (const nlohmann::json::parse_error& error) {
    throw InvalidInput(fmt::format("{}: not valid JSON at byte {}", path, error.byte));
  }
}

}  // namespace mho::core
