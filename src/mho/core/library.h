#pragma once
// The small files behind a study (cards, tables, the study itself): where they are looked for, and what
// they held.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "mho/core/locate.h"

namespace mho::core {

/// Each file is read once: whoever asks again, another point of a sweep or another section, gets what it
/// held at first, although the file has changed since. A study and all that is derived from it share one.
/// Any number of threads may use it.
class Library {
 public:
  explicit Library(SearchPath path = search_path()) : path_(std::move(path)) {}

  const SearchPath& path() const { return path_; }
  std::string locate(const std::string& name, const std::string& beside) const;  ///< as in locate.h
  std::string locate_card(std::string_view kind, const std::string& name_or_path,
                          const std::string& beside) const;
  std::vector<std::string> cards_in(std::string_view kind) const;

  /// What the file held when it was first asked for. Throws InvalidInput where it can't be read.
  std::shared_ptr<const std::string> text(const std::string& file);

 private:
  SearchPath path_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const std::string>> texts_;  // by absolute path
};

}  // namespace mho::core
