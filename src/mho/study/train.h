#pragma once
// Task "train": a network learns on the arrays, once for every trial, each with cells and first weights of
// its own.

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "mho/core/config.h"
#include "mho/study/infer.h"

namespace mho::study {

/// Runs every point of the study and returns the result document (docs/results.md). Throws InvalidInput
/// with everything that is wrong before anything long starts.
///
/// training.checkpoint names a file that a killed run goes on from, to the same bits; it is written every
/// checkpoint_every_s (half a minute; never more than five times a second), after an interruption and at the
/// end. The points of a sweep have one file each, .1, .2 and so on behind the name.
nlohmann::ordered_json run_train(const core::Config& study, const RunOptions& options);

}  // namespace mho::study
