#pragma once
// One always-connected array as a linear circuit: the solver behind wires.h and wires_nonlinear.h.

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "mho/array/wires/circuit_sweeps.h"
#include "mho/array/wires/wires.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// Ladders that own their memory.
template <typename T>
struct OwnLadders {
  Ladders<T> view;
  std::size_t bands = 0;
  std::size_t strips = 0;
  std::array<core::AlignedVector<T>, 2> row_g, row_d;
  core::AlignedVector<T> col_d;

  OwnLadders(std::span<const core::MatrixView<const double>> planes, const Segments& segments,
             const Sweeps<T>& sweeps);
  /// Elements of a field, rows and columns padded.
  std::size_t field_size() const { return bands * band_rows * view.stride; }
  std::size_t band_rows = 0;
};

/// What drives a circuit; all may be empty, which is zero.
struct Drive {
  std::array<std::span<const double>, 2> rows;  ///< drivers of the row lines of each plane
  std::span<const double> cols;                 ///< the columns' far ends
  /// Current from the row node to the column node beside each cell, of each plane (rows × cols).
  std::array<core::MatrixView<const double>, 2> sources;
};

/// What is read; all may be empty, which is not wanted.
struct Reading {
  std::span<double> cols;                            ///< currents into the columns' grounded ends
  std::array<std::span<double>, 2> rows;             ///< currents out of the drivers
  std::array<core::MatrixView<double>, 2> voltages;  ///< across each cell, row node less column node
};

/// Prepared for any number of drives. `solve` may be called from many threads at once; called outside a
/// parallel loop it uses all threads itself where the array is large.
class LinearCircuit {
 public:
  LinearCircuit(std::span<const core::MatrixView<const double>> planes, const Segments& segments);
  ~LinearCircuit();

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t planes() const { return planes_; }
  Accuracy solve(const Drive& drive, const Reading& reading) const;

 private:
  struct Scratch;
  struct Solution;
  std::unique_ptr<Scratch> borrow() const;
  void give_back(std::unique_ptr<Scratch> scratch) const;

  std::size_t rows_, cols_, planes_;
  bool merged_columns_;  ///< each column is one node
  double stiffness_;     ///< about the condition number of the reduced system
  const Sweeps<double>& exact_sweeps_;
  const Sweeps<float>& quick_sweeps_;
  OwnLadders<double> exact_;
  OwnLadders<float> quick_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> spare_;
};

/// Refuses conductances that are not finite, planes of different sizes, and arrays without cells.
void check_conductances(std::span<const core::MatrixView<const double>> planes);
/// Refuses resistances that are negative or not finite.
void check_segments(const Segments& segments);

}  // namespace mho::array
