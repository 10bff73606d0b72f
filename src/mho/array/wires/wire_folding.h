#pragma once
// Linear cells that are always connected make of an array with wires a matrix again: its effective
// conductances. Found once, they are read like any others.

#include <memory>

#include "mho/array/mapping/programmed_matrix.h"

namespace mho::array {

/// Wires have resistance and can be folded: cells are linear, not gated, and hold still between reads.
bool wires_fold(const ProgrammedMatrix& matrix);

/// The same matrix with the wires' effect in its conductances and no wires: one exact solution of Kirchhoff's
/// equations for each row or column, whichever are fewer (Circuit::effective). Of interleaved pairs the
/// effective difference lies in `plus`, and `minus` is zero. Only where wires_fold.
std::shared_ptr<const ProgrammedMatrix> with_wires_folded(const ProgrammedMatrix& matrix);

/// Solutions that folding the largest array takes: below this many vectors it costs more than it saves.
std::size_t solutions_to_fold(const ProgrammedMatrix& matrix);

}  // namespace mho::array
