#include "mho/study/trial_states.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "mho/core/error.h"
#include "mho/study/checkpoint.h"

namespace mho::study {

TrialStates::TrialStates(std::string path, core::Identity identity, std::size_t trials, double every_s)
    : path_(std::move(path)), identity_(std::move(identity)), every_(every_s) {
  if (!path_.empty() && std::filesystem::exists(path_)) states_ = read_checkpoint(path_, identity_);
  states_.resize(std::max(states_.size(), trials));
}

bool TrialStates::due() const { return !path_.empty() && Clock::now() - saved_ >= every_; }

void TrialStates::save(const std::function<void(const std::string&)>& warn) {
  if (path_.empty()) return;
  try {
    write_checkpoint(path_, identity_, states_);
  } catch (const core::SystemFailure& failure) {
    if (warn) warn(fmt::format("{}; training goes on without a checkpoint", failure.what()));
    path_.clear();
  }
  saved_ = Clock::now();
}

}  // namespace mho::study
