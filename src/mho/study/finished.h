#pragma once
// Finished work of a run: in memory for the points that share it, and in a store where there is one.

#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>

#include "mho/study/store.h"
#include "mho/study/task.h"

namespace mho::study {

/// In memory are the pieces that points have in common; all are in the store. Any number of threads may call
/// it.
class FinishedWork {
 public:
  /// `store`: a file, made or opened when it is first asked, so that a study with mistakes leaves none; "":
  /// memory alone. Where it can't be written to any more, `warn` hears so and memory goes on.
  FinishedWork(std::string store, std::function<void(const std::string&)> warn);

  std::optional<nlohmann::ordered_json> find(const Piece& piece);
  void keep(const Piece& piece, const nlohmann::ordered_json& values);
  /// Says what the piece's identity is, for people who query the store.
  void describe(const Piece& piece, const std::string& label, const nlohmann::json& study);

 private:
  using Key = std::tuple<std::string, std::string, std::uint32_t>;  // identity, kind, trial
  Store& store();
  void guarded(const std::function<void()>& write);

  std::mutex mutex_;
  std::string path_;  // "" where nothing is kept, or not any more
  std::function<void(const std::string&)> warn_;
  std::optional<Store> store_;
  std::map<Key, nlohmann::ordered_json> records_;
};

}  // namespace mho::study
