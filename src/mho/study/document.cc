#include "mho/study/document.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/machine.h"

namespace mho::study {
namespace {

using json = nlohmann::ordered_json;

}  // namespace

std::string version() { return MHO_VERSION; }

json document_head(std::string_view task, const core::Config& study, std::uint64_t seed) {
  return {{"task", task},
          {"name", std::filesystem::path(study.name()).stem().string()},
          {"version", version()},
          {"seed", seed},
          {"machine", core::as_json(core::this_machine())},
          {"study_text", study.text()}};
}

void write_document(const std::string& path, const json& document) {
  core::write_file(path, document.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

json read_document(const std::string& path) {
  const auto bytes = core::read_file(path, std::uint64_t{1} << 30);
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  try {
    auto document = json::parse(text, text + bytes.size());
    if (!document.is_object()) throw core::InvalidInput(path + ": a result is a JSON object");
    return document;
  } catch (const json::parse_error& error) {
    throw core::InvalidInput(fmt::format("{}: no JSON: {}", path, error.what()));
  }
}

}  // namespace mho::study
