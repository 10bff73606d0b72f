#include "mho/array/mapping/layer_views.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>

#include "mho/array/mapping/keys.h"

namespace mho::array {
namespace {

bool fits(const std::string& pattern, const LayerName& name) {
  return fnmatch(pattern.c_str(), name.layer.c_str(), 0) == 0 ||
         fnmatch(pattern.c_str(), name.weights.c_str(), 0) == 0;
}

/// Numbers of the [[layer]] tables of every layer.
std::vector<std::vector<std::size_t>> overrides_of(core::Config& study,
                                                   const std::vector<LayerName>& layers) {
  std::vector<std::vector<std::size_t>> which(layers.size());
  const auto tables = study.root().tables(keys::layer);
  if (!tables.empty()) study.root().keep("layer");  // as given, for the resolved study
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const std::string pattern = tables[i].text(keys::match);
    for (const auto& section : keys::layer_sections) tables[i].ignore(section);
    bool any = false;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      if (!fits(pattern, layers[l])) continue;
      which[l].push_back(i);
      any = true;
    }
    if (any) continue;
    std::string names;
    for (const auto& name : layers) names += (names.empty() ? "" : ", ") + name.layer;
    tables[i].complain(
        "match", names.empty() ? "fits no layer; there is no network" : "fits no layer; there are " + names);
  }
  return which;
}

}  // namespace

std::vector<std::size_t> read_layer_views(core::Config& study, const std::vector<LayerName>& layers,
                                          const std::function<void(core::Config& view)>& read) {
  const auto which = overrides_of(study, layers);
  read(study);
  std::map<std::vector<std::size_t>, std::size_t> calls{{{}, 0}};
  std::vector<std::size_t> call_of;
  for (const auto& combination : which) {
    const auto [found, is_new] = calls.emplace(combination, calls.size());
    call_of.push_back(found->second);
    if (!is_new) continue;
    core::Config view = study;
    for (const std::size_t i : combination)
      view = view.overlaid(study, fmt::format("layer[{}]", i), "", {"match"});
    read(view);
    const auto root = view.root();
    for (const auto& key : root.keys()) {  // the rest of the study is for others to read
      if (std::find(keys::layer_sections.begin(), keys::layer_sections.end(), key) ==
          keys::layer_sections.end())
        root.ignore(key);
    }
    study.take_complaints_of(view);
    study.take_contents_of(view, fmt::format("layer[{}]", fmt::join(combination, "+")));
  }
  return call_of;
}

}  // namespace mho::array
