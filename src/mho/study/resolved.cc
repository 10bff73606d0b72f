#include "mho/study/resolved.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/core/library.h"
#include "mho/study/document.h"
#include "mho/study/sweep.h"

namespace mho::study {

using json = nlohmann::ordered_json;

namespace {

/// What both say alike, tables key by key.
json common(const json& a, const json& b) {
  json out = json::object();
  for (const auto& [key, value] : a.items()) {
    const auto other = b.find(key);
    if (other == b.end()) continue;
    if (value == *other) {
      out[key] = value;
    } else if (value.is_object() && other->is_object()) {
      out[key] = common(value, *other);
    }
  }
  return out;
}

}  // namespace

json study_of_sweep(const core::Config& given, const std::vector<json>& points) {
  json out = points.empty() ? json::object() : points.front();
  for (const auto& point : points) out = common(out, point);
  const auto root = given.root();
  for (const auto& key : root.keys()) {
    const json value = json(root.any(key, nullptr));
    if (value.is_object() && out.contains(key) && out[key].is_object()) {
      out[key].merge_patch(value);
    } else {
      out[key] = value;
    }
  }
  return out;
}

core::Config study_from_json(const json& study, const std::string& name,
                             std::shared_ptr<core::Library> library) {
  if (!study.is_object()) throw core::InvalidInput(fmt::format("{}: a study is a table of keys", name));
  std::string text;
  for (const auto& [key, value] : study.items())
    text += fmt::format("{} = {}\n", toml_key(key), as_toml(value));
  return core::Config::from_text(text, name, std::move(library));
}

core::Config load_study(const std::string& path, std::shared_ptr<core::Library> library) {
  if (!path.ends_with(".json")) return core::Config::from_file(path, std::move(library));
  const json result = read_document(path);
  if (!result.contains("study")) throw core::InvalidInput(path + ": is no result of mho: has no \"study\"");
  return study_from_json(result["study"], path, std::move(library));
}

}  // namespace mho::study
