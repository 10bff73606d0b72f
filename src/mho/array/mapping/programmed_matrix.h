#pragma once
// A weight matrix after it was programmed into arrays: an immutable value that holds all that reading
// it needs, so that executors ask nobody else.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "mho/array/mapping/mapped_matrix.h"
#include "mho/array/mapping/program.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// The cells in use of one physical array, or of one polarity where pairs are interleaved.
/// Row i is input line i of the part; column j its output j, after the unit column if there is one.
struct CellArray {
  core::Matrix<float> g;      ///< programmed conductances over G_on, (rows, columns)
  core::Matrix<float> sigma;  ///< standard deviation of one read, likewise; empty where there is no noise
  /// I/(V_read·G_on) = g·x + second·x² + third·x³ for a driven voltage x; empty where the cell is linear.
  core::Matrix<float> second, third;
  core::Matrix<float> target;         ///< what they were programmed to, likewise; empty where it was not kept
  std::vector<device::Fault> faults;  ///< as many; empty where none is known, or it was not kept
  std::uint32_t number = 0;           ///< names its random numbers within the layer
};

/// One weight slice of one partition: an array (offset) or a pair of them (differential).
struct Block {
  std::size_t row_part = 0;
  std::size_t col_part = 0;
  int slice = 0;
  CellArray plus;
  CellArray minus;  ///< empty for offset schemes
  /// Digital logic multiplies what it reads by this to undo the mean decay of the array or the pair.
  double compensation = 1;
};

/// Something that is made of an immutable value when it is first asked for, once for all threads.
/// A copy makes its own.
template <typename T>
class MadeOnce {
 public:
  MadeOnce() = default;
  MadeOnce(const MadeOnce&) {}
  MadeOnce& operator=(const MadeOnce&) = delete;
  ~MadeOnce() = default;
  template <typename Make>
  std::shared_ptr<const T> value(Make&& make) const {
    std::call_once(once_, [&] { value_ = make(); });
    return value_;
  }

 private:
  mutable std::once_flag once_;
  mutable std::shared_ptr<const T> value_;
};

struct ProgrammedMatrix : MappedMatrix {
  std::vector<Block> blocks;          ///< row parts outermost, then column parts, then slices
  double wires_residual = 0;          ///< where wires are folded in: the largest of the solutions
  MadeOnce<ProgrammedMatrix> folded;  ///< with_wires_folded(*this), shared by the products that want it

  const Block& block(std::size_t row_part, std::size_t col_part, int slice) const {
    return blocks[block_index(row_part, col_part, slice)];
  }
};

/// Matrices on arrays of the same parts as the slices of one, whose weights are Σ factors[k]·those of
/// `slices`[k]. Each is continuous, in one slice; what else they have in common is taken from the first.
std::shared_ptr<const ProgrammedMatrix> in_slices(
    std::span<const std::shared_ptr<const ProgrammedMatrix>> slices, const std::vector<double>& factors);

}  // namespace mho::array
