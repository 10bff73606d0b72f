// Reads keys that say their own default and limits.

#include <nlohmann/json.hpp>

#include "mho/core/config.h"

namespace mho::core {

double ConfigTable::number(const NumberKey& key) const {
  return number(last_word(key.name), key.fallback, key.limits);
}

std::int64_t ConfigTable::integer(const IntegerKey& key) const {
  return integer(last_word(key.name), key.fallback, key.min, key.max);
}

bool ConfigTable::flag(const FlagKey& key) const { return flag(last_word(key.name), key.fallback); }

std::string ConfigTable::text(const TextKey& key) const {
  return text(last_word(key.name), std::string(key.fallback));
}

std::vector<double> ConfigTable::numbers(const NumbersKey& key) const {
  return numbers(last_word(key.name), std::vector<double>(key.empty ? 0 : 1, key.fallback), key.limits);
}

nlohmann::json ConfigTable::any(const AnyKey& key) const {
  return any(last_word(key.name), nlohmann::json::parse(key.fallback));
}

ConfigTable ConfigTable::table(const TableKey& key) const { return table(last_word(key.name)); }

std::vector<ConfigTable> ConfigTable::tables(const TableKey& key) const {
  return tables(last_word(key.name));
}

}  // namespace mho::core
