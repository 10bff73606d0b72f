#pragma once
// The loops of gated arrays: two-wire (pairs: three-wire) ladders, vectorized across columns.
//
// Supply line k at s_k, column at w, both towards the first row's end; C_k is the current that cells up to
// here have taken from supply k, T_k what they take in all. A cell that is on carries
// I = g·(x_k + s_k - w), x_k = ±1 its rail; from row to row s_k falls by r_s·(T_k - C_k), w by r_c·Σ C_k.

#include <array>
#include <cstddef>
#include <span>

#include "mho/array/wires/wires.h"
#include "mho/array/wires/wires_gated.h"
#include "mho/core/isa.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// Columns of a gated array.
struct GatedLadders {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;                    ///< of g, at least cols rounded up to a strip
  std::size_t planes = 1;                    ///< supply lines a column: 2 for pairs
  double supply_first = 0, supply_next = 0;  ///< resistances before the first and every other cell
  double col_last = 0, col_next = 0;         ///< after the last and every other cell
  std::array<const double*, 2> g{};          ///< [strip][row][column of the strip], as all fields here
};

/// A row that is on.
struct OnRow {
  std::size_t row = 0;
  double rail = 0;   ///< x of the plus plane
  double steps = 0;  ///< segments since the row before that is on, or since the first row
};

/// The loops for one SIMD target. Strips of columns are independent of each other.
struct GatedSweeps {
  std::size_t strip;  ///< columns of a strip

  /// Shooting: everything is linear in w at the first row and T, followed from the first row to the last
  /// without a division. Errors grow as the ladder's own solutions do. Currents are padded to strips.
  /// Returns the largest relative error of Kirchhoff's law at the output over the strip's columns.
  double (*shoot)(const GatedLadders& a, std::size_t strip, std::span<const OnRow> on, double steps_after,
                  double* currents);

  /// The part of the ladder above a row as a hybrid two-port, s = E - Z·A + α·w, C = J - αᵀ·A - Y·w with A
  /// the supply currents drawn from below, grown row by row: stable for any resistance. Digits as given;
  /// `b` (null: g·x) replaces the rail's part of each cell's current, I = b + g·(s - w). Writes s - w of
  /// each cell to `across` where given. `scratch`: reduce_scratch(a) doubles.
  /// Returns the largest relative error of Kirchhoff's law over the strip's columns.
  double (*reduce)(const GatedLadders& a, std::size_t strip, std::span<const double> digits,
                   const std::array<const double*, 2>& b, double* currents,
                   const std::array<double*, 2>& across, double* scratch);
};

/// Doubles of scratch memory of `reduce`: eight coefficients a row for a vector of at most 8.
inline std::size_t reduce_scratch(const GatedLadders& a) { return a.rows * 8 * 8; }

const GatedSweeps& gated_sweeps(core::Isa isa);

/// Columns that own their conductances, padded to strips.
struct GatedColumns {
  GatedLadders view;
  const GatedSweeps& sweeps;
  std::size_t strips = 0;
  std::array<core::AlignedVector<double>, 2> g;

  GatedColumns(std::span<const core::MatrixView<const double>> planes, const Segments& segments,
               Unused unused);
  std::size_t field_size() const { return strips * view.rows * sweeps.strip; }
  std::size_t at(std::size_t row, std::size_t col) const {
    return (col / sweeps.strip * view.rows + row) * sweeps.strip + col % sweeps.strip;
  }
};

}  // namespace mho::array
