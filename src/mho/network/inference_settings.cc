#include "mho/network/inference_settings.h"

#include <fmt/core.h>
#include <fnmatch.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

namespace mho::network {
namespace {

namespace fs = std::filesystem;
const std::vector<std::string> array_sections = {"device", "array", "mapping", "input", "adc", "wires"};

std::string find_model(const std::string& model, const std::string& study) {
  if (fs::path(model).is_absolute()) return model;
  const char* data = std::getenv("MHO_DATA");
  std::vector<fs::path> places;
  if (data != nullptr && *data != '\0') places.push_back(fs::path(data) / model);
  places.push_back(fs::path(study).parent_path() / model);
  places.emplace_back(model);
  for (const auto& place : places) {
    if (fs::exists(place)) return place.string();
  }
  return "";
}

}  // namespace

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
  s.model = find_model(model, study.name());
  if (s.model.empty()) {
    table.complain("model", "is not there: looked in $MHO_DATA, beside the study, and in the current folder");
  }
  return s;
}

CalibrationSettings read_calibration_settings(core::Config& study) {
  const auto table = study.root().table("calibration");
  CalibrationSettings s;
  s.images = table.text("images", "");
  s.count = static_cast<std::size_t>(table.integer("count", 100, 1, 100'000'000));
  s.percentile = table.number("percentile", 99.98, {.min = 50, .max = 100, .above_min = true});
  s.file = table.text("file", "");
  if (!s.file.empty() && fs::path(s.file).is_relative()) {
    s.file = (fs::path(study.name()).parent_path() / s.file).string();
  }
  return s;
}

std::vector<array::Settings> read_layer_settings(core::Config& study, const Network& network) {
  const auto& layers = network.layers();
  const auto overrides = study.root().tables("layer");
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
    }
    settings.push_back(found->second);
  }
  return settings;
}

}  // namespace mho::network
