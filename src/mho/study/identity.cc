#include "mho/study/identity.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mho/study/key_registry.h"

namespace mho::study {

core::Identity identity_of(const core::Config& point, std::string_view task) {
  core::Identity out;
  nlohmann::json settings = point.resolved();
  settings.erase("layer");  // what it makes of every layer is there as contents: "adc.layer.conv1"
  out.add_settings(settings);
  for (const auto& [key, contents] : point.contents()) out.add_contents(key, contents);
  std::vector<std::string> without_effect;
  for (const auto& key : study_keys()) {
    if (key.in(task).kind != Effect::Kind::acts) without_effect.push_back(key.facts.name);
  }
  return out.without(without_effect);
}

}  // namespace mho::study
