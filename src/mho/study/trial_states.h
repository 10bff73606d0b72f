#pragma once
// What trials of a training go on from: their states, in memory and in the file of training.checkpoint.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "mho/core/identity.h"

namespace mho::study {

/// Not for several threads at once: the caller has a lock.
class TrialStates {
 public:
  using State = std::vector<std::uint8_t>;

  /// Reads `path` where it exists; "" keeps states in memory alone. Throws InvalidInput where the file
  /// belongs to another identity. States of more trials than `trials` stay in the file.
  TrialStates(std::string path, core::Identity identity, std::size_t trials, double every_s);

  /// Empty where the trial has not been started.
  const State& of(std::size_t trial) const { return states_[trial]; }
  void update(std::size_t trial, State state) { states_[trial] = std::move(state); }
  /// Whether the file is older than `every_s`.
  bool due() const;
  /// Writes the file; where that fails, says so and goes on without.
  void save(const std::function<void(const std::string&)>& warn);

 private:
  using Clock = std::chrono::steady_clock;
  std::string path_;
  core::Identity identity_;
  std::chrono::duration<double> every_;
  std::vector<State> states_;
  Clock::time_point saved_ = Clock::now();
};

}  // namespace mho::study
