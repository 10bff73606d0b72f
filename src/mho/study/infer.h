#pragma once
// Task "infer": how accurate a trained network is in float, on an 8-bit digital accelerator, and on many
// analog chips.

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "mho/core/config.h"

namespace mho::study {

/// What a run needs besides its study file.
struct RunOptions {
  /// File of finished work (store.h): what is in it is not computed again. "": none.
  std::string store;
  /// Threads; 0: as the study says.
  int threads = 0;
  /// Called between batches: what is computed, images done, images in all. May be empty.
  std::function<void(const std::string& what, std::size_t done, std::size_t total)> progress;
  /// Called with what the user should know but that doesn't end the run. May be empty.
  std::function<void(const std::string& message)> warn;
};

/// Runs every point of the study and returns the result document (docs/results.md). Throws InvalidInput
/// with everything that is wrong in the study, in all points, before anything long starts.
///
/// After an interruption (core/interrupt.h) the document holds the trials that were finished and
/// "interrupted": true. A store that can't be written to any more (full disk) is a warning: the run goes on.
nlohmann::ordered_json run_infer(const core::Config& study, const RunOptions& options);

}  // namespace mho::study
