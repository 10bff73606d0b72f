#pragma once
// Arrays whose wires have resistance: the exact solution of Kirchhoff's equations.
//
// Every cell bridges its row node and its column node. Row i: driver – row_terminal + row – first cell –
// row – next cell …; column j: from the first row's cell on, `col` after each cell, the last one with
// col_terminal, to virtual ground beyond the last row. Interleaved pairs: two row lines a row, driven at +v
// and -v, share one column. Gated arrays: wires_gated.h. Cells that bend: wires_nonlinear.h.
// Equations and drawings: docs/theory/wires.md.

#include <cstddef>
#include <memory>
#include <span>

#include "mho/array/mapping/settings.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// Series resistances, in units of 1/G of the conductances that they go with: ohms beside siemens, or ohms
/// times G_on beside conductances in units of G_on. All ≥ 0; zero is exact.
struct Segments {
  double row = 0;           ///< of a row wire from cell to cell, and from the driver to the first cell
  double col = 0;           ///< of a column wire from cell to cell, and from the last cell to ground
  double row_terminal = 0;  ///< added between the driver and a row's first cell
  double col_terminal = 0;  ///< added between a column's last cell and ground
  bool none() const { return row == 0 && col == 0 && row_terminal == 0 && col_terminal == 0; }
};

/// The wires of a study beside conductances in units of G_on. [g_on_s in siemens]
Segments segments(const Wires& wires, double g_on_s);

/// What a solution is worth.
struct Accuracy {
  /// Current missing from Kirchhoff's current law over all nodes, over the current of all cells (2-norms);
  /// the largest, where there are several solutions.
  double residual = 0;
  std::size_t solutions = 0;
  std::size_t iterations = 0;  ///< of conjugate gradients or Newton's method, all together
  void add(const Accuracy& other);
};

/// An answer is given with a residual of at most this, or not at all (core::SystemFailure).
inline constexpr double largest_residual = 1e-9;

/// Linear cells that are always connected. The circuit is prepared once; any number of threads may solve it
/// at once. Conductances are rows × cols and finite, else core::InvalidInput; zero is exact, and a draw of
/// read noise may take a few below zero.
///
/// Method: every row wire is eliminated exactly, conjugate gradients work on the columns' nodes, with the
/// columns' own tridiagonals as preconditioner (Concus, Golub, O'Leary 1976 call it the reduced system);
/// inner iterations in single precision, residuals in double. Both directions are swept in terms of
/// resistances, so that none may be too small. Batches run over all threads; the bits do not depend on how
/// many.
class Circuit {
 public:
  Circuit(core::MatrixView<const double> g, const Segments& segments);
  /// Pairs on a common column: row i drives g_plus at +v[i] and g_minus at -v[i].
  Circuit(core::MatrixView<const double> g_plus, core::MatrixView<const double> g_minus,
          const Segments& segments);
  ~Circuit();
  Circuit(Circuit&&) noexcept;
  Circuit& operator=(Circuit&&) noexcept;

  std::size_t rows() const;
  std::size_t cols() const;

  /// Currents that leave the columns (batch, cols) when the rows are driven at v (batch, rows).
  Accuracy solve(core::MatrixView<const double> v, core::MatrixView<double> currents) const;

  /// The same cells and wires the other way: columns driven at v (batch, cols) where they were read, rows
  /// read where they were driven, currents (batch, rows); of a pair, plus line less minus line.
  Accuracy solve_transposed(core::MatrixView<const double> v, core::MatrixView<double> currents) const;

  /// The matrix that the array amounts to: currents = v·g_effective, (rows, cols). One solution a row or a
  /// column, whichever is fewer. For pairs it is the effective difference of both cells.
  Accuracy effective(core::MatrixView<double> g_effective) const;

 private:
  struct Prepared;
  std::unique_ptr<const Prepared> prepared_;
};

}  // namespace mho::array
