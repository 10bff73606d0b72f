#include "mho/study/sweep.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace mho::study {
namespace {

struct SweptKey {
  std::string key;
  std::vector<std::string> values;
};

/// Keys may stand in quotes ("adc.bits" = …) or bare (adc.bits = …, which TOML reads as nested tables).
void collect(const core::ConfigTable& table, const std::string& prefix, std::vector<SweptKey>& swept) {
  for (const auto& key : table.keys()) {
    const std::string dotted = prefix.empty() ? key : prefix + "." + key;
    const auto value = table.any(key, nullptr);
    if (value.is_object()) {
      collect(table.table(key), dotted, swept);
    } else if (!value.is_array() || value.empty()) {
      table.complain(key, "must be a list of at least one value, e.g. [4, 6, 8]");
    } else {
      SweptKey found{dotted, {}};
      for (const auto& v : value) found.values.push_back(as_toml(v));
      swept.push_back(std::move(found));
    }
  }
}

}  // namespace

std::string as_toml(const nlohmann::json& value) {
  if (value.is_array()) {
    std::string out;
    for (const auto& v : value) out += (out.empty() ? "" : ", ") + as_toml(v);
    return "[" + out + "]";
  }
  if (value.is_object()) {
    std::string out;
    for (const auto& [key, v] : value.items()) out += (out.empty() ? "" : ", ") + key + " = " + as_toml(v);
    return "{" + out + "}";
  }
  if (value.is_string() && (value == "inf" || value == "-inf")) return value.get<std::string>();
  return value.dump();
}

std::string SweepPoint::label() const {
  std::string out;
  for (const auto& [key, value] : values) out += (out.empty() ? "" : ", ") + key + " = " + value;
  return out;
}

std::vector<SweepPoint> sweep_points(const core::Config& study) {
  std::vector<SweptKey> swept;
  collect(study.root().table("sweep"), "", swept);
  std::vector<SweepPoint> points{{{}, study}};
  for (const auto& [key, values] : swept) {
    std::vector<SweepPoint> next;
    for (const auto& point : points) {
      for (const auto& value : values) {
        SweepPoint with{point.values, point.study.with(key, value)};
        with.values.emplace_back(key, value);
        next.push_back(std::move(with));
      }
    }
    points = std::move(next);
  }
  return points;
}

}  // namespace mho::study
