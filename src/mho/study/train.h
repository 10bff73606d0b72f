#pragma once
// Task "train": a network learns on the arrays, once for every trial, each with cells and first weights of
// its own.

#include <memory>

#include "mho/study/task.h"

namespace mho::study {

/// training.checkpoint names a file that a killed run goes on from, to the same bits; it is written every
/// checkpoint_every_s (half a minute; never more than five times a second), after an interruption and at the
/// end. The points of a sweep have one file each, .1, .2 and so on behind the name.
std::unique_ptr<Task> make_train();

}  // namespace mho::study
