#include "mho/cli/study_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/core/library.h"
#include "mho/study/document.h"

namespace mho::cli {
void add_study_options(CLI::App& verb, StudyFile& file) {
  verb.add_option("--config", file.path, "study file (TOML)")->required();
  verb.add_option("--set", file.settings, "KEY=VALUE, as adc.bits=4: changes a key of the study")
      ->allow_extra_args(false);
}

core::Config read_study(const StudyFile& file) {
  const auto library = std::make_shared<core::Library>();
  core::Config study = core::Config::from_file(library->locate(file.path, ""), library);
  for (const auto& setting : file.settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw core::InvalidInput(fmt::format("--set {}: must be KEY=VALUE, as adc.bits=4", setting));
    }
    study = study.with(setting.substr(0, equals), setting.substr(equals + 1));
  }
  return study;
}

void write_json(const Common& common, std::string_view task, const core::Config& study, std::uint64_t seed,
                const nlohmann::json& answer) {
  if (common.json_file.empty()) return;
  auto document = study::document_head(task, study, seed);
  document["study"] = nlohmann::ordered_json(study.resolved());
  document.update(nlohmann::ordered_json(answer));
  study::write_document(common.json_file, document);
}

}  // namespace mho::cli
