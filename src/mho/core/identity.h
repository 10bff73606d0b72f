#pragma once
// What a number is of: the settings and the contents of files that decide it.

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mho/core/sha256.h"

namespace mho::core {

/// Two numbers of one identity are the same number. Into it go settings by their dotted keys, contents of
/// files by the key that names them, and kAnswersVersion; not times, paths, names of files, threads, the
/// instruction set or the program.
class Identity {
 public:
  Identity();

  /// Every value of `settings` (an object; tables in it by dotted keys), beside those that are there already.
  void add_settings(const nlohmann::json& settings, const std::string& prefix = "");
  /// What lies behind a name, "network.model"; the setting of that key, a mere name, is taken out.
  void add_contents(const std::string& key, const Digest& digest);

  /// What of it lies in these tables, or is one of these keys: "network", "study.seed".
  Identity only(const std::vector<std::string>& parts) const;
  /// The rest of it.
  Identity without(const std::vector<std::string>& parts) const;

  /// 64 hexadecimal digits.
  std::string text() const;

  /// {"identity", "answers", "settings": {key: value}, "contents": {key: digits}}: what a file carries to say
  /// what it is of.
  nlohmann::json as_json() const;
  /// Throws nlohmann::json::exception where it is none.
  static Identity from_json(const nlohmann::json& from);

  /// What of `then`, an identity that a file carries, is not as in this one: "adc.bits was 8, is 4;
  /// data.images holds other contents". "" where nothing differs.
  std::string differences_from(const Identity& then) const;

 private:
  int answers_;
  std::map<std::string, nlohmann::json> settings_;
  std::map<std::string, std::string> contents_;
};

}  // namespace mho::core
