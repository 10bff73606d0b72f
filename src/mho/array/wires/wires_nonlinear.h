#pragma once
// Arrays with wires whose cells do not obey Ohm's law: Newton's method on the linear circuit solver.

#include <span>

#include "mho/array/wires/wires.h"
#include "mho/array/wires/wires_gated.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// Current of every cell as a cubic of the voltage across it, I = c1·V + c2·V² + c3·V³; each coefficient is
/// a matrix of rows × cols. Voltages in units of the read voltage where conductances are in units of G_on.
struct CubicCells {
  core::MatrixView<const double> c1;
  core::MatrixView<const double> c2;
  core::MatrixView<const double> c3;
};

/// Currents that leave the columns (cols) for one vector on the rows (rows) of an array, or of pairs on
/// common columns (plus cells, minus cells; these see the row at -v). Newton's method, each step an exact
/// linear solution; where no converged state is found, as with strong negative differential resistance,
/// throws core::SystemFailure.
Accuracy solve_nonlinear(std::span<const CubicCells> planes, const Segments& segments,
                         std::span<const double> v, std::span<double> currents);

/// Columns driven (cols), rows read (rows); of pairs, plus line less minus line. Cells obey the same cubic of
/// the voltage from the driven line to the one that is read.
Accuracy solve_nonlinear_transposed(std::span<const CubicCells> planes, const Segments& segments,
                                    std::span<const double> v, std::span<double> currents);

/// Behind gates, digits of -1, 0 and 1.
Accuracy solve_nonlinear_gated(std::span<const CubicCells> planes, const Segments& segments, Unused unused,
                               std::span<const double> digits, std::span<double> currents);

}  // namespace mho::array
