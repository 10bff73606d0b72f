#pragma once
// The loops of the circuit solver, vectorized across wires.
//
// A ladder of series resistances r and shunt conductances y, driven at one end, is reduced from its far end
// to Norton equivalents: Y_j = y_j + D_{j+1}·Y_{j+1}, D_j = 1/(1 + r_j·Y_j), and for currents b_j injected
// at the nodes c_j = D_j·(b_j + c_{j+1}); then the voltages follow from the driven end,
// u_j = D_j·u_{j-1} + r_j·c_j. All terms have one sign, no resistance is divided by: zero is exact and
// nothing cancels. One fused multiply-add a node is on the critical path.
//
// Lanes are wires. Fields over nodes are row-major with `stride`; columns are swept as they lie. For rows,
// conductances lie in bands of `lanes` rows with the lane as the fastest index, and fields are transposed
// tile by tile on the way.

#include <array>
#include <cstddef>

#include "mho/core/isa.h"

namespace mho::array {

/// A prepared array in precision T. Padding cells have g = 0 and D = 1.
template <typename T>
struct Ladders {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;           ///< of fields: at least cols rounded up to lanes
  std::size_t planes = 1;           ///< row lines a row: 2 for pairs
  T row_first = 0, row_next = 0;    ///< resistances before the first and every other cell of a row
  T col_last = 0, col_next = 0;     ///< after the last and every other cell of a column
  std::array<const T*, 2> row_g{};  ///< [band][column][lane]
  std::array<const T*, 2> row_d{};  ///< [band][column][lane]
  const T* col_d = nullptr;         ///< field
};

/// Fields of the conjugate gradient iteration on (1 - K·M⁻¹)·y = b in the inner product of M⁻¹, where M is
/// the columns' own matrix and K the coupling through the rows.
template <typename T>
struct CgFields {
  T* z;  ///< M⁻¹·r
  T* p;  ///< search direction
  T* r;  ///< residual
  T* s;  ///< M·p
  T* q;  ///< (M - K)·p
  T* y;  ///< solution
};

/// What one evaluation of all row wires needs and gives. Fields but the voltages may be null.
template <typename T>
struct RowEvaluation {
  const T* w = nullptr;                ///< field: voltages of the columns' nodes
  std::array<const T*, 2> v{};         ///< drivers, padded to lanes
  std::array<const T*, 2> source{};    ///< fields: current from row to column node beside each cell
  T* f = nullptr;                      ///< field: Σ g·u + source, what the columns get
  std::array<T*, 2> across{};          ///< fields: voltage u - w across each cell
  std::array<T*, 2> driver_current{};  ///< out of the drivers, padded to lanes
};

template <typename T>
struct Sums {
  T first = 0;
  T second = 0;
};

/// The loops for one SIMD target. Bands and strips are independent of each other.
template <typename T>
struct Sweeps {
  std::size_t lanes;
  std::size_t strip;  ///< columns of a strip, a multiple of lanes

  /// D of the row wires of band `band` from field g of plane `plane`, and g in bands.
  void (*prepare_rows)(const Ladders<T>& a, std::size_t band, const T* g, T* row_g, T* row_d);
  /// D of the columns of a strip from field g, the sum of all planes.
  void (*prepare_columns)(const Ladders<T>& a, std::size_t strip, const T* g, T* col_d);

  /// p ← z + β·p, s ← r + β·s, q ← s - K·p; returns p·q. `scratch`: (planes·stride + 2·lanes)·lanes.
  T (*cg_rows)(const Ladders<T>& a, std::size_t band, const CgFields<T>& x, T beta, bool first, T* scratch);
  /// r ← r - α·q, y ← y + α·s, z ← M⁻¹·r; returns r·z and r·r.
  Sums<T> (*cg_columns)(const Ladders<T>& a, std::size_t strip, const CgFields<T>& x, T alpha, bool first);

  /// Returns Σ (current of a cell)². `scratch`: ((planes + 1)·stride + 2·lanes)·lanes.
  T (*evaluate_rows)(const Ladders<T>& a, std::size_t band, const RowEvaluation<T>& x, T* scratch);
  /// Column voltages w for injected currents y and terminals at v (null: ground); currents into the
  /// terminals. v and currents are padded to lanes.
  void (*evaluate_columns)(const Ladders<T>& a, std::size_t strip, const T* y, const T* v, T* w, T* currents);
};

/// The loops for `isa` (reference is served by portable).
template <typename T>
const Sweeps<T>& sweeps(core::Isa isa);

}  // namespace mho::array
