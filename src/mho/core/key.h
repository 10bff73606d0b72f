#pragma once
// Keys of a study as values: name, type, unit, default, what is allowed and what it means, said once. They
// stand in a keys.h beside the reader of their section; ConfigTable reads them, study/keys.h gathers them.

#include <cstdint>
#include <limits>
#include <string_view>

namespace mho::core {

/// What a number may be. Both ends are allowed values; use `above` where the lower end is not.
struct Limits {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool above_min = false;  ///< the value must be greater than min
};
constexpr Limits at_least(double min) { return {.min = min}; }
constexpr Limits above(double min) { return {.min = min, .above_min = true}; }
constexpr Limits between(double min, double max) { return {.min = min, .max = max}; }

// `name` is the dotted path from the root of a study, "wires.row_ohm"; tables read the last word of it.
// A key whose default depends on others says so in `meaning`, and its reader copies it with another fallback.

struct NumberKey {
  std::string_view name;
  double fallback = 0;
  Limits limits = {};
  std::string_view unit = "";  ///< "" where the number has none
  std::string_view meaning = "";
};

struct IntegerKey {
  std::string_view name;
  std::int64_t fallback = 0;
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view unit = "";
  std::string_view meaning = "";
};

struct FlagKey {
  std::string_view name;
  bool fallback = false;
  std::string_view meaning = "";
};

struct TextKey {
  std::string_view name;
  std::string_view fallback = "";
  std::string_view meaning = "";
};

/// One of a few words, each a value of `Enum`.
template <typename Enum>
struct ChoiceKey {
  struct Word {
    std::string_view word = "";
    Enum value = {};
  };
  std::string_view name;
  Enum fallback = {};
  Word words[8] = {};  ///< the first with an empty word ends them
  std::string_view meaning = "";
};

/// A list of numbers; the default is a list of one, or empty where `empty` is set.
struct NumbersKey {
  std::string_view name;
  double fallback = 0;
  bool empty = false;
  Limits limits = {};  ///< of each
  std::string_view unit = "";
  std::string_view meaning = "";
};

/// A value of several kinds, which its reader checks: `range = "max"` or `[-1, 1]`.
struct AnyKey {
  std::string_view name;
  std::string_view fallback = "null";  ///< as JSON writes it: "\"calibrated\"", "[64, 36, 10]"
  std::string_view allowed = "";       ///< in words: "\"max\" or a number above 0"
  std::string_view unit = "";
  std::string_view meaning = "";
};

/// A table, or list of tables, whose own keys another document describes (the blocks of a device card).
struct TableKey {
  std::string_view name;
  std::string_view meaning = "";
};

/// The key where the default is another.
template <typename Key, typename Value>
constexpr Key with_fallback(Key key, const Value& fallback) {
  key.fallback = fallback;
  return key;
}

/// "row_ohm" of "wires.row_ohm".
constexpr std::string_view last_word(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace mho::core
