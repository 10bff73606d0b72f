#include "mho/study/identity.h"

#include <nlohmann/json.hpp>
#include <string_view>

namespace mho::study {
namespace {

/// Keys that change no number.
constexpr std::string_view kOfTheRun[] = {"calibration.file",    "data.test",
                                          "training.checkpoint", "training.checkpoint_every_s",
                                          "mvm.output",          "mvm.spice"};

bool lies_in(std::string_view key, std::string_view section) {
  return key.starts_with(section) &&
         (key.size() == section.size() || key[section.size()] == '.' || key[section.size()] == '[');
}

}  // namespace

core::Identity identity_of(const core::Config& point, const std::vector<std::string>& sections) {
  core::Identity out;
  const auto resolved = point.resolved();
  for (const auto& section : sections) {
    if (!resolved.contains(section)) continue;
    if (section == "study") {
      out.add_setting("study.seed", resolved[section].value("seed", nlohmann::json()));
    } else {
      out.add_settings({{section, resolved[section]}});
    }
  }
  for (const auto& [key, contents] : point.contents()) {
    for (const auto& section : sections) {
      if (lies_in(key, section)) out.add_contents(key, contents);
    }
  }
  for (const auto key : kOfTheRun) out.remove_setting(std::string(key));
  return out;
}

}  // namespace mho::study
