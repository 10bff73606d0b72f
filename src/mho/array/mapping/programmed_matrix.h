#pragma once
// A weight matrix after it was programmed into arrays: an immutable value that holds all that reading
// it needs, so that executors ask nobody else.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mho/array/mapping/coding.h"
#include "mho/array/mapping/program.h"
#include "mho/array/mapping/ranges.h"
#include "mho/array/mapping/settings.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// The cells in use of one physical array, or of one polarity where pairs are interleaved.
/// Row i is input line i of the part; column j its output j, after the unit column if there is one.
struct CellArray {
  core::Matrix<float> g;      ///< programmed conductances over G_on, (rows, columns)
  core::Matrix<float> sigma;  ///< standard deviation of one read, likewise; empty where there is no noise
  /// I/(V_read·G_on) = g·x + second·x² + third·x³ for a driven voltage x; empty where the cell is linear.
  core::Matrix<float> second, third;
  std::uint32_t number = 0;  ///< names its random numbers within the layer
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

struct ProgrammedMatrix {
  Settings settings;
  Ranges ranges;  ///< as given to program; a Product may be made with others
  std::uint64_t seed = 1;
  std::uint32_t trial = 0;
  std::string layer;

  std::size_t out = 0, in = 0;  ///< of the weight matrix
  WeightCode code;
  std::vector<float> column_scale;  ///< of each output, where columns have ranges of their own
  std::vector<Part> row_parts, col_parts;
  std::vector<Block> blocks;          ///< row parts outermost, then column parts, then slices
  double wires_residual = 0;          ///< where wires are folded in: the largest of the solutions
  MadeOnce<ProgrammedMatrix> folded;  ///< with_wires_folded(*this), shared by the products that want it

  const Block& block(std::size_t row_part, std::size_t col_part, int slice) const {
    return blocks[(row_part * col_parts.size() + col_part) * code.slices + slice];
  }
  bool differential() const { return is_differential(code.scheme); }
  /// 1 where the first column of every array is the unit column (w = 0 in every row), else 0.
  std::size_t unit_columns() const { return code.scheme == Scheme::offset_unit_column ? 1 : 0; }
  RandomSource random_source() const { return {.seed = seed, .trial = trial, .layer = layer}; }
};

/// How the outputs of an array may be split: parts of the matrix' outputs, less the unit column.
std::vector<Part> row_parts(std::size_t in, const Settings& settings);
std::vector<Part> col_parts(std::size_t out, const Settings& settings);

}  // namespace mho::array
