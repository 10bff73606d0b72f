#pragma once
// What a key says of itself, whatever its type: for lists, references and schemas.

#include <nlohmann/json.hpp>
#include <string>

#include "mho/core/key.h"

namespace mho::core {

struct KeyFacts {
  std::string name = "";  ///< dotted, "wires.row_ohm"
  std::string type = "";  ///< number, whole number, flag, text, word, numbers, any, table
  std::string unit = "";  ///< "" where it has none
  nlohmann::json fallback = nullptr;
  /// {"min", "max", "above_min"} of numbers where they are bounded, {"words"} of a word, {"text"} of any.
  nlohmann::json allowed = nlohmann::json::object();
  std::string meaning = "";
};

KeyFacts facts_of(const NumberKey& key);
KeyFacts facts_of(const IntegerKey& key);
KeyFacts facts_of(const FlagKey& key);
KeyFacts facts_of(const TextKey& key);
KeyFacts facts_of(const NumbersKey& key);
KeyFacts facts_of(const AnyKey& key);
KeyFacts facts_of(const TableKey& key);

template <typename Enum>
KeyFacts facts_of(const ChoiceKey<Enum>& key) {
  KeyFacts facts{.name = std::string(key.name), .type = "word", .meaning = std::string(key.meaning)};
  for (const auto& [word, value] : key.words) {
    if (word.empty()) break;
    if (value == key.fallback) facts.fallback = word;
    facts.allowed["words"].push_back(word);
  }
  return facts;
}

}  // namespace mho::core
