#include "mho/study/key_registry.h"

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>
#include <string>

#include "mho/array/mapping/keys.h"

namespace mho::study {

using core::ConfigTable;
using Kind = Effect::Kind;

namespace {

bool lies_in(std::string_view name, std::string_view table) {
  return name.size() > table.size() && name.starts_with(table) && name[table.size()] == '.';
}

/// Names of the keys and tables that lie in `table` ("": the root).
std::vector<std::string> names_in(std::string_view table) {
  std::vector<std::string> names;
  for (const auto& key : study_keys()) {
    std::string_view name = key.facts.name;
    if (!table.empty() && !lies_in(name, table)) continue;
    if (!table.empty()) name.remove_prefix(table.size() + 1);
    const std::string first(name.substr(0, name.find('.')));
    if (std::find(names.begin(), names.end(), first) == names.end()) names.push_back(first);
  }
  return names;
}

/// Looks at what a study gives, one table after the other, and complains.
class Check {
 public:
  explicit Check(std::string_view task) : task_(task) {}

  /// `name` is the table's in the registry, `place` that in the study ("layer[0].adc"); "" the root's.
  void look(const ConfigTable& table, const std::string& name, const std::string& place) {
    for (const auto& key : table.keys()) {
      const std::string full = name.empty() ? key : name + "." + key;
      const std::string here = place.empty() ? key : place + "." + key;
      const StudyKey* found = find_study_key(full);
      if (found != nullptr && !is_read(table, key, *found)) {
        passed_over.push_back(here);
      } else if (full == array::keys::layer.name) {
        look_at_layers(table, key);
      } else if (!names_in(full).empty()) {
        look(table.table(key), full, here);
      } else if (found == nullptr) {
        table.complain_of_unknown(key, names_in(name));
        passed_over.push_back(here);
      }
    }
  }

  std::vector<std::string> passed_over;  ///< keys of the study that are not for the task to see

 private:
  bool is_read(const ConfigTable& table, const std::string& key, const StudyKey& found) const {
    const Effect& effect = found.in(task_);
    if (effect.is_read()) return true;
    if (effect.kind == Kind::refused && table.any(key, nullptr) != found.facts.fallback) {
      table.complain(key, effect.why);
    } else {
      found.complain(table);
    }
    return false;
  }

  void look_at_layers(const ConfigTable& root, const std::string& layer) {
    const auto layers = root.tables(layer);
    std::vector<std::string> known(array::keys::layer_sections.begin(), array::keys::layer_sections.end());
    known.emplace_back(core::last_word(array::keys::match.name));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::string place = layer + "[" + std::to_string(i) + "]";
      for (const auto& key : layers[i].keys()) {
        if (std::find(known.begin(), known.end(), key) == known.end()) {
          layers[i].complain_of_unknown(key, known);
          passed_over.push_back(place + "." + key);
        } else if (key != known.back()) {
          look(layers[i].table(key), key, place + "." + key);
        }
      }
    }
  }

  std::string_view task_;
};

nlohmann::ordered_json as_json(const Effect& effect) {
  switch (effect.kind) {
    case Kind::acts:
      return "acts";
    case Kind::steers:
      return "steers";
    case Kind::bound:
      return {{"bound", effect.why}};
    case Kind::refused:
      return {{"refused", effect.why}};
    case Kind::meaningless:
      return {{"meaningless", effect.why}};
  }
  return nullptr;
}

}  // namespace

const Effect& StudyKey::in(std::string_view task) const {
  const auto& words = keys::task.words;
  const auto found =
      std::find_if(words, words + keys::kTasks, [&](const auto& word) { return word.word == task; });
  assert(found != words + keys::kTasks);
  return effects[found->value];
}

const StudyKey* find_study_key(std::string_view name) {
  const StudyKey* around = nullptr;
  for (const auto& key : study_keys()) {
    if (key.facts.name == name) return &key;
    if (key.facts.type == "table" && lies_in(name, key.facts.name)) around = &key;
  }
  return around;
}

core::Config study_for(const core::Config& study, std::string_view task) {
  const core::Config whole = study.without({});
  Check check(task);
  check.look(whole.root(), "", "");
  std::vector<std::string> left_out = check.passed_over;
  for (const auto& key : study_keys()) {
    if (!key.in(task).is_read()) left_out.push_back(key.facts.name);
  }
  core::Config out = whole.without(left_out);
  for (const auto& section : names_in("")) out.root().ignore(section);  // what it held may be gone
  return out;
}

nlohmann::ordered_json keys_as_json() {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const auto& key : study_keys()) {
    const auto& f = key.facts;
    nlohmann::ordered_json line{{"name", f.name},       {"type", f.type},
                                {"unit", f.unit},       {"default", nlohmann::ordered_json(f.fallback)},
                                {"allowed", f.allowed}, {"meaning", f.meaning}};
    for (std::size_t task = 0; task < keys::kTasks; ++task)
      line[std::string(keys::task.words[task].word)] = as_json(key.effects[task]);
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace mho::study
