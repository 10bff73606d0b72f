#include "mho/array/mapping/layer_views.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "mho/array/mapping/keys.h"
#include "mho/core/identity.h"

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

/// What a view has read, section by section: settings and files that decide the numbers of the layers that
/// are seen so.
std::map<std::string, core::Digest> digests_of(const core::Config& view) {
  core::Identity all;
  all.add_settings(view.resolved());
  for (const auto& [key, contents] : view.contents()) all.add_contents(key, contents);
  std::map<std::string, core::Digest> digests;
  for (const auto& section : keys::layer_sections)
    digests[std::string(section)] = core::sha256(all.only({std::string(section)}).text());
  return digests;
}

}  // namespace

std::vector<std::size_t> read_layer_views(core::Config& study, const std::vector<LayerName>& layers,
                                          const std::function<void(core::Config& view)>& read) {
  const auto which = overrides_of(study, layers);
  read(study);
  std::map<std::vector<std::size_t>, std::size_t> calls{{{}, 0}};
  std::vector<std::size_t> call_of;
  std::vector<std::map<std::string, core::Digest>> digests(1);
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
    digests.push_back(digests_of(view));
  }
  for (std::size_t l = 0; l < layers.size(); ++l) {
    for (const auto& [section, digest] : digests[call_of[l]])
      study.root().holds(fmt::format("{}.layer.{}", section, layers[l].layer), digest);
  }
  return call_of;
}

}  // namespace mho::array
