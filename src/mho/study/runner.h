#pragma once
// Runs a study as a task: everything checked first, then its points one after the other, with finished work
// kept and found again.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "mho/core/config.h"
#include "mho/study/task.h"

namespace mho::study {

/// What a run needs besides its study.
struct RunOptions {
  /// File of finished work (store.h): what is in it is not computed again. "": none.
  std::string store;
  /// Threads, instead of those of the calling thread's runtime (core/runtime.h); 0: as the study says.
  int threads = 0;
  Reporting reporting = {};
};

/// Runs every point of the study and returns the result document (docs/results.md). The task wins over the
/// study's own `task`, and the document's `study` holds the one that ran. Throws InvalidInput with everything
/// that is wrong in the study, in all points, before anything long starts, and where a store is given to a
/// task that keeps nothing.
///
/// After an interruption (core/interrupt.h: a signal, or the end of the calling thread's runtime) the
/// document holds what was finished and "interrupted": true. A store that can't be written to any more (full
/// disk) is a warning: the run goes on.
nlohmann::ordered_json run(Task& task, const core::Config& study, const RunOptions& options);

}  // namespace mho::study
