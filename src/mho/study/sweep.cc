#include "mho/study/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <nlohmann/json.hpp>

namespace mho::study {
namespace {

/// A key of the study; or kPoints, whose values are tables of dotted keys that change together.
struct SweptKey {
  std::string key;
  std::vector<nlohmann::ordered_json> values;
};
constexpr const char* kPoints = "points";

/// Keys may stand in quotes ("adc.bits" = …) or bare (adc.bits = …, which TOML reads as nested tables).
void collect(const core::ConfigTable& table, const std::string& prefix, std::vector<SweptKey>& swept) {
  for (const auto& key : table.keys()) {
    const std::string dotted = prefix.empty() ? key : fmt::format("{}.{}", prefix, key);
    const auto value = table.any(key, nullptr);
    if (value.is_object()) {
      collect(table.table(key), dotted, swept);
    } else if (!value.is_array() || value.empty()) {
      table.complain(key, "must be a list of at least one value, e.g. [4, 6, 8]");
    } else {
      SweptKey found{dotted, {}};
      for (const auto& v : value) {
        if (dotted == kPoints && (!v.is_object() || v.empty())) {
          table.complain(key,
                         "must be a list of tables of keys that change together, e.g. "
                         "[{\"device.card\" = \"taox-3\", \"training.learning_rate\" = 0.0025}]");
          found.values.clear();
          break;
        }
        found.values.push_back(dotted == kPoints ? flattened(v) : nlohmann::ordered_json(v));
      }
      if (!found.values.empty()) swept.push_back(std::move(found));
    }
  }
}

/// The keys that a list of [sweep] sets.
std::vector<std::string> keys_of(const SweptKey& swept) {
  if (swept.key != kPoints) return {swept.key};
  std::vector<std::string> keys;
  for (const auto& point : swept.values) {
    for (const auto& [key, value] : point.items()) keys.push_back(key);
  }
  return keys;
}

/// A key, or a table around it, that two lists set: what one of them says would be lost.
void complain_of_conflicts(const core::ConfigTable& table, const std::vector<SweptKey>& swept) {
  const auto meets = [](const std::string& a, const std::string& b) {
    return a == b || a.starts_with(b + ".") || b.starts_with(a + ".");
  };
  for (auto one = swept.begin(); one != swept.end(); ++one) {
    for (auto other = std::next(one); other != swept.end(); ++other) {
      const auto ones = keys_of(*one), others = keys_of(*other);
      const auto twice = std::find_if(ones.begin(), ones.end(), [&](const auto& key) {
        return std::any_of(others.begin(), others.end(), [&](const auto& k) { return meets(key, k); });
      });
      if (twice == ones.end()) continue;
      table.complain(other->key,
                     one->key == other->key
                         ? "has two lists: give one of them"
                         : fmt::format("sets what {} sets too ({}): give one of them", one->key, *twice));
    }
  }
}

/// Throws what is wrong with the values of [sweep]; the points answer for the rest of the study.
void check(const core::Config& study) {
  const auto root = study.root();
  for (const auto& key : root.keys()) root.ignore(key);
  study.finish();
}

void flatten(const nlohmann::ordered_json& table, const std::string& prefix, nlohmann::ordered_json& flat) {
  for (const auto& [key, value] : table.items()) {
    const std::string dotted = prefix.empty() ? key : fmt::format("{}.{}", prefix, key);
    if (value.is_object() && !value.empty()) {
      flatten(value, dotted, flat);
    } else {
      flat[dotted] = value;
    }
  }
}

}  // namespace

nlohmann::ordered_json flattened(const nlohmann::ordered_json& table) {
  auto flat = nlohmann::ordered_json::object();
  flatten(table, "", flat);
  return flat;
}

std::string toml_key(const std::string& key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
  return bare ? key : nlohmann::json(key).dump();
}

std::string as_toml(const nlohmann::ordered_json& value) {
  if (value.is_array()) {
    std::string out;
    for (const auto& v : value) out += (out.empty() ? "" : ", ") + as_toml(v);
    return "[" + out + "]";
  }
  if (value.is_object()) {
    std::string out;
    for (const auto& [key, v] : value.items())
      out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", toml_key(key), as_toml(v));
    return "{" + out + "}";
  }
  if (value.is_string() && (value == "inf" || value == "-inf")) return value.get<std::string>();
  return value.dump();
}

std::string duration_text(double seconds) {
  struct Unit {
    double seconds;
    const char* name;
  };
  for (const auto& [length, name] : {Unit{365.25 * 86400, "year"}, Unit{86400, "day"}, Unit{3600, "hour"}}) {
    const double value = seconds / length;
    if (value >= 1) return fmt::format("{:.4g} {}{}", value, name, value == 1 ? "" : "s");
  }
  return fmt::format("{:.4g} s", seconds);
}

std::string label_of(const nlohmann::ordered_json& values) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : values.items()) {
    if (key == "device.card" && value.is_string()) {
      parts.push_back(value.get<std::string>());
    } else if (key == "device" && value.is_object()) {
      if (value.contains("card")) parts.push_back(value["card"].get<std::string>());
      for (const auto& [inner, v] : value.items()) {
        if (inner == "card") continue;
        parts.push_back(inner == "time_s" && v.is_number() ? duration_text(v) : inner + " = " + as_toml(v));
      }
    } else {
      parts.push_back(key + " = " + as_toml(value));
    }
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<SweepPoint> sweep_points(const core::Config& study) {
  std::vector<SweptKey> swept;
  const auto table = study.root().table("sweep");
  collect(table, "", swept);
  complain_of_conflicts(table, swept);
  if (!swept.empty()) check(study);
  std::vector<SweepPoint> points{{nlohmann::ordered_json::object(), study}};
  for (const auto& [key, values] : swept) {
    std::vector<SweepPoint> next;
    for (const auto& point : points) {
      for (const auto& value : values) {
        SweepPoint with = point;
        const auto set = [&](const std::string& k, const nlohmann::ordered_json& v) {
          with.study = with.study.with(k, as_toml(v));
          with.values[k] = v;
        };
        if (key == kPoints) {
          for (const auto& [k, v] : value.items()) set(k, v);
        } else {
          set(key, value);
        }
        next.push_back(std::move(with));
      }
    }
    points = std::move(next);
  }
  return points;
}

}  // namespace mho::study
