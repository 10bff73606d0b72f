#pragma once
// Configurations in TOML: reads values with their limits, fills in defaults, and collects every complaint
// so that a user sees them all at once, each with file, line, key, value and what is allowed.

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mho/core/key.h"
#include "mho/core/sha256.h"

namespace mho::core {

class Library;
struct ConfigState;  // the document, its file name, complaints, resolved values

/// One table of a document. Every reader takes the default for an absent key, checks the limits, and
/// writes what it found to the resolved document; a wrong value is a complaint and reads as the default.
/// Keys that no reader asked for are complaints when the document is finished.
class ConfigTable {
 public:
  bool has(std::string_view key) const;
  double number(std::string_view key, double fallback, Limits limits = {}) const;  ///< inf allowed, NaN never
  std::int64_t integer(std::string_view key, std::int64_t fallback,
                       std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;
  bool flag(std::string_view key, bool fallback) const;
  std::string text(std::string_view key, std::string fallback) const;
  /// One of a few words.
  std::string word(std::string_view key, std::string_view fallback,
                   const std::vector<std::string>& allowed) const;
  template <typename Enum>
  Enum choice(std::string_view key, Enum fallback,
              std::initializer_list<std::pair<const char*, Enum>> allowed) const {
    std::vector<std::string> words;
    std::string word_of_fallback;
    for (const auto& [w, value] : allowed) {
      words.emplace_back(w);
      if (value == fallback) word_of_fallback = w;
    }
    const std::string chosen = word(key, word_of_fallback, words);
    for (const auto& [w, value] : allowed) {
      if (chosen == w) return value;
    }
    return fallback;
  }
  std::vector<double> numbers(std::string_view key, std::vector<double> fallback, Limits limits = {}) const;
  std::vector<std::int64_t> integers(std::string_view key, std::vector<std::int64_t> fallback) const;
  std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback) const;
  /// A value that may be of several kinds (`range = "max"` or `[-1, 1]`), as JSON, inf as the text "inf";
  /// absent: the fallback. The caller checks it and complains.
  nlohmann::json any(std::string_view key, const nlohmann::json& fallback) const;

  // The same for keys that say their own default and limits; this must be the table that holds them.
  double number(const NumberKey& key) const;
  std::int64_t integer(const IntegerKey& key) const;
  bool flag(const FlagKey& key) const;
  std::string text(const TextKey& key) const;
  template <typename Enum>
  Enum choice(const ChoiceKey<Enum>& key) const {
    std::vector<std::string> words;
    std::string_view word_of_fallback;
    for (const auto& [word, value] : key.words) {
      if (word.empty()) break;
      words.emplace_back(word);
      if (value == key.fallback) word_of_fallback = word;
    }
    const std::string chosen = word(last_word(key.name), word_of_fallback, words);
    for (const auto& [word, value] : key.words) {
      if (chosen == word) return value;
    }
    return key.fallback;
  }
  std::vector<double> numbers(const NumbersKey& key) const;
  nlohmann::json any(const AnyKey& key) const;
  ConfigTable table(const TableKey& key) const;
  std::vector<ConfigTable> tables(const TableKey& key) const;

  /// A table within this one; absent reads as empty.
  ConfigTable table(std::string_view key) const;
  /// An array of tables ([[layer]]); absent reads as none.
  std::vector<ConfigTable> tables(std::string_view key) const;
  std::vector<std::string> keys() const;

  /// Adds a complaint about `key` of this table: "<file>:<line>: <path.key> = <value>: <message>".
  void complain(std::string_view key, std::string_view message) const;
  /// Adds the complaint that there is no such key, with the nearest of `known`; finish() won't say it again.
  void complain_of_unknown(std::string_view key, const std::vector<std::string>& known) const;
  /// Says that this key is known although nobody read it.
  void ignore(std::string_view key) const;
  /// Writes to the resolved document what was given under this key, as it stands; another reader answers for
  /// what is in it. Nothing where nothing was given.
  void keep(std::string_view key) const;
  /// The resolved document doesn't show this key.
  void leave_out(std::string_view key) const;
  /// Writes to the resolved document what another document (a card) decided under this key.
  void note(std::string_view key, const nlohmann::json& value) const;
  /// Says what the file that `key` names holds: this, not its name, is part of what a result is of.
  void holds(std::string_view key, const Digest& contents) const;

  std::string path() const;  ///< dotted, "" for the root
  /// The document that `key` was given in, or else that of the table: files are looked for beside it.
  std::string file_of(std::string_view key) const;

 private:
  friend class Config;
  ConfigTable(std::shared_ptr<ConfigState> state, const void* node, std::vector<std::string> path);
  std::shared_ptr<ConfigState> state_;
  const void* node_;  // toml::table, nullptr where absent
  std::vector<std::string> path_;
};

/// A document. Copies and their tables are the same document: what one reads or complains of, all have read
/// and complain of. with() and overlaid() make documents of their own.
class Config {
 public:
  /// Throws InvalidInput with line and column where the text is not TOML or the file can't be read.
  static Config from_file(const std::string& path);
  static Config from_text(std::string_view text, const std::string& name);
  /// The same with a library that other documents share.
  static Config from_file(const std::string& path, std::shared_ptr<Library> library);
  static Config from_text(std::string_view text, const std::string& name, std::shared_ptr<Library> library);

  ConfigTable root() const;

  /// This document with `key` (dotted path) set to a TOML value, as `--set adc.bits=4` and sweeps do.
  /// Bare words that are no TOML value read as text. Line numbers of the rest stay.
  Config with(std::string_view dotted_key, std::string_view toml_value) const;
  /// This document with every key of `overrides`' table at `path` laid over the table `onto`; keys in
  /// `except` are left out. `path` may name an element of an array of tables ("layer[2]").
  Config overlaid(const Config& overrides, std::string_view path, std::string_view onto,
                  const std::vector<std::string>& except = {}) const;

  /// This document, with what was complained of, but without `keys` (dotted; a table stands for all in it):
  /// readers find their defaults, and resolved() doesn't show them.
  Config without(const std::vector<std::string>& keys) const;

  /// Adds the complaints of a document that was derived from this one (a card under its overrides), and
  /// its unknown keys. Call it when all of the other document has been read.
  void take_complaints_of(const Config& other);
  /// Adds what files that keys of `other` name hold, with its root at the table `onto` of this one.
  void take_contents_of(const Config& other, std::string_view onto);

  /// Every value that was read, defaults filled in, but for keys that it is without.
  nlohmann::json resolved() const;
  /// What files that keys name hold, by dotted key (ConfigTable::holds).
  const std::map<std::string, Digest>& contents() const;
  /// Throws InvalidInput that lists every complaint and unknown key (with the nearest known one).
  void finish() const;
  /// The text as it was given.
  const std::string& text() const;
  const std::string& name() const;
  /// Where files that the document names are looked for and read; the same for all that is derived from it.
  const std::shared_ptr<Library>& library() const;

 private:
  std::shared_ptr<ConfigState> state_;
};

/// The word of `known` that is nearest to `word` by edit distance, or nothing where none is near.
std::optional<std::string> nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace mho::core
