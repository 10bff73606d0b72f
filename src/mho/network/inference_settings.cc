#include "mho/network/inference_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/core/library.h"

namespace mho::network {
namespace {

namespace fs = std::filesystem;
const std::vector<std::string> array_sections = {"device", "array", "mapping", "input", "adc", "wires"};

}  // namespace

std::string find_model(const core::Config& study) {
  const auto table = study.root().table("network");
  const std::string model = table.text("model", "");
  try {
    return study.library()->locate(model, table.file_of("model"));
  } catch (const core::InvalidInput& error) {
    table.complain("model", error.what());
  }
  return "";
}

NetworkSettings read_network_settings(core::Config& study, bool loaded) {
  const auto table = study.root().table("network");
  NetworkSettings s;
  s.analog_depthwise = table.word("depthwise", "analog", {"analog", "digital"}) == "analog";
  const std::string model = table.text("model", "");
  if (loaded) return s;
  if (model.empty()) {
    table.complain("model", "is missing: the ONNX file of the network");
    return s;
  }
  s.model = find_model(study);
  return s;
}

CalibrationSettings read_calibration_settings(core::Config& study) {
  const auto table = study.root().table("calibration");
  CalibrationSettings s;
  s.images = table.text("images", "");
  s.count = static_cast<std::size_t>(table.integer("count", 100, 1, 100'000'000));
  s.percentile = table.number("percentile", 99.98, {.min = 50, .max = 100, .above_min = true});
  s.file = table.text("file", "");
  if (!s.file.empty()) {  // where it lies, or where it is to lie
    const auto places = core::places_of(s.file, table.file_of("file"), study.library()->path());
    const auto there =
        std::find_if(places.begin(), places.end(), [](const auto& p) { return fs::exists(p); });
    s.file = there == places.end() ? places.front() : *there;
  }
  return s;
}

std::vector<array::Settings> read_layer_settings(core::Config& study, const Network& network) {
  const auto& layers = network.layers();
  const auto overrides = study.root().tables("layer");
  if (!overrides.empty()) study.root().any("layer", nullptr);  // as given, for the resolved study
  std::vector<std::vector<std::size_t>> which(layers.size());
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    const std::string pattern = overrides[i].text("match", "");
    for (const auto& section : array_sections) overrides[i].ignore(section);
    bool fits = false;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const bool here = fnmatch(pattern.c_str(), layers[l].name.c_str(), 0) == 0 ||
                        fnmatch(pattern.c_str(), layers[l].weights_name.c_str(), 0) == 0;
      if (here) which[l].push_back(i);
      fits = fits || here;
    }
    if (fits) continue;
    std::string names;
    for (const auto& layer : layers) names += (names.empty() ? "" : ", ") + layer.name;
    overrides[i].complain("match", "fits no layer; there are " + names);
  }
  std::map<std::vector<std::size_t>, array::Settings> read;
  read[{}] = array::read_settings(study);
  std::vector<array::Settings> settings;
  for (const auto& combination : which) {
    auto found = read.find(combination);
    if (found == read.end()) {
      core::Config mine = study;
      for (const std::size_t i : combination)
        mine = mine.overlaid(study, fmt::format("layer[{}]", i), "", {"match"});
      found = read.emplace(combination, array::read_settings(mine)).first;
      const auto root = mine.root();
      for (const auto& key : root.keys()) {  // the rest of the study is for others to read
        if (std::find(array_sections.begin(), array_sections.end(), key) == array_sections.end())
          root.ignore(key);
      }
      study.take_complaints_of(mine);
      study.take_contents_of(mine, fmt::format("layer[{}]", fmt::join(combination, "+")));
    }
    settings.push_back(found->second);
  }
  return settings;
}

}  // namespace mho::network
