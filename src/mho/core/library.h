#pragma once
// The files behind a study: where they are looked for, and what they held when they were first read.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

#include "mho/core/locate.h"
#include "mho/core/sha256.h"

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
  Digest digest(const std::string& file) { return sha256(*text(file)); }

  /// What `make` made when `name` was first asked for as a T: a network, a set of images. It stays as long as
  /// the library. `make` must not ask the library for another one.
  template <typename T>
  std::shared_ptr<const T> once(const std::string& name,
                                const std::function<std::shared_ptr<const T>()>& make) {
    const std::lock_guard lock(making_);
    auto& known = made_[{typeid(T), name}];
    if (!known) known = make();
    return std::static_pointer_cast<const T>(known);
  }

 private:
  SearchPath path_;
  std::mutex mutex_, making_;
  std::map<std::pair<std::type_index, std::string>, std::shared_ptr<const void>> made_;
  std::map<std::string, std::shared_ptr<const std::string>> texts_;  // by absolute path
};

}  // namespace mho::core
