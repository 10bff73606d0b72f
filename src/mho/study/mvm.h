#pragma once
// Task "mvm": vectors through a matrix in crossbar arrays, from NPY files to an NPY file.

#include <memory>

#include "mho/study/task.h"

namespace mho::study {

/// Section [mvm] names weights W (outputs, inputs), inputs X (vectors, inputs) and output Y (vectors,
/// outputs); transposed X (vectors, outputs) and Y (vectors, inputs). Several trials make Y (trials, …). The
/// points of a sweep have an output each, with .1, .2 and so on before the ending.
std::unique_ptr<Task> make_mvm();

}  // namespace mho::study
