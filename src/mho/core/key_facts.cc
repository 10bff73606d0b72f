#include "mho/core/key_facts.h"

#include <cmath>

namespace mho::core {

using nlohmann::json;

namespace {

json as_json(double value) { return std::isfinite(value) ? json(value) : json(value > 0 ? "inf" : "-inf"); }

json as_json(const Limits& limits) {
  json out = json::object();
  if (std::isfinite(limits.min)) out["min"] = limits.min;
  if (std::isfinite(limits.max)) out["max"] = limits.max;
  if (limits.above_min) out["above_min"] = true;
  return out;
}

}  // namespace

KeyFacts facts_of(const NumberKey& key) {
  return {std::string(key.name), "number",
          std::string(key.unit), as_json(key.fallback),
          as_json(key.limits),   std::string(key.meaning)};
}

KeyFacts facts_of(const IntegerKey& key) {
  json allowed = json::object();
  if (key.min > std::numeric_limits<std::int64_t>::min()) allowed["min"] = key.min;
  if (key.max < std::numeric_limits<std::int64_t>::max()) allowed["max"] = key.max;
  return {std::string(key.name), "whole number", std::string(key.unit),
          key.fallback,          allowed,        std::string(key.meaning)};
}

KeyFacts facts_of(const FlagKey& key) {
  return {std::string(key.name), "flag", "", key.fallback, json::object(), std::string(key.meaning)};
}

KeyFacts facts_of(const TextKey& key) {
  return {std::string(key.name), "text", "", key.fallback, json::object(), std::string(key.meaning)};
}

KeyFacts facts_of(const NumbersKey& key) {
  json fallback = json::array();
  if (!key.empty) fallback.push_back(as_json(key.fallback));
  return {std::string(key.name),   "numbers", std::string(key.unit), fallback, as_json(key.limits),
          std::string(key.meaning)};
}

KeyFacts facts_of(const AnyKey& key) {
  return {std::string(key.name),   "any",
          std::string(key.unit),   json::parse(key.fallback),
          {{"text", key.allowed}}, std::string(key.meaning)};
}

KeyFacts facts_of(const TableKey& key) {
  return {std::string(key.name), "table", "", nullptr, json::object(), std::string(key.meaning)};
}

}  // namespace mho::core
