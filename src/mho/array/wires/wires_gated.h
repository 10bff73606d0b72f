#pragma once
// Gated arrays with wires (SONOS, flash): the input digit only connects the cell.
//
// Beside each column runs its own supply line, at the read voltage where it enters at the first row; a row's
// digit connects that row's cells between supply and column (on where the digit is not 0; a negative digit
// flips the rail that this cell sees). So columns are independent two-wire ladders, solved directly, one
// pass over the cells. Interleaved pairs: a supply line for each sign beside the one column.

#include <cstddef>
#include <memory>
#include <span>

#include "mho/array/wires/wires.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// Rows of the array without weights, as segments in series with those that have some.
struct Unused {
  std::size_t rows = 0;
  UnusedRows at = UnusedRows::output_end;  ///< in the column's way out, or in the supply line's way in
};

/// Linear cells behind gates. Conductances rows × cols, finite. `segments.row` and row_terminal are
/// those of the supply line, col and col_terminal those of the column.
class GatedArray {
 public:
  GatedArray(core::MatrixView<const double> g, const Segments& segments, Unused unused);
  GatedArray(core::MatrixView<const double> g_plus, core::MatrixView<const double> g_minus,
             const Segments& segments, Unused unused);
  ~GatedArray();
  GatedArray(GatedArray&&) noexcept;
  GatedArray& operator=(GatedArray&&) noexcept;

  std::size_t rows() const;
  std::size_t cols() const;

  /// Currents that leave the columns (batch, cols) for digits (batch, rows) of -1, 0 and 1.
  Accuracy solve(core::MatrixView<const double> digits, core::MatrixView<double> currents) const;

 private:
  struct Prepared;
  std::unique_ptr<const Prepared> prepared_;
};

}  // namespace mho::array
