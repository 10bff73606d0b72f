#pragma once
// Currents of all lines of one array for one vector on its driven lines: noise, nonlinearity, wires. Plain
// and exact, float64; for the reference executor.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/array/wires/wires.h"
#include "mho/array/wires/wires_gated.h"
#include "mho/core/matrix.h"
#include "mho/core/random.h"

namespace mho::array {

/// One array, or the two polarities of an array of interleaved pairs. Any number of threads may read at once.
class ArrayReader {
 public:
  /// `minus`: of interleaved pairs, else null.
  ArrayReader(const ProgrammedMatrix& matrix, Direction direction, const CellArray& plus,
              const CellArray* minus = nullptr);

  std::uint32_t number() const { return plus_.array->number; }
  /// Currents of the lines read, in units of V_read·G_on; of pairs, plus less minus. `x`: voltage of each
  /// driven line over full scale. Every cell draws its noise number `draw`. Where wires were solved, the
  /// solution's accuracy is added to `accuracy` (may be null).
  std::vector<double> currents(std::span<const double> x, std::uint64_t draw,
                               Accuracy* accuracy = nullptr) const;

 private:
  using Numbers = std::vector<double>;
  struct Cells {
    const CellArray* array = nullptr;
    core::Matrix<double> g, second, third;  // second, third: empty where cells are linear
    core::RandomKey noise;
  };
  Cells cells(const ProgrammedMatrix& matrix, const CellArray& array) const;
  core::Matrix<double> at_this_read(const Cells& cells, std::uint64_t draw) const;
  Numbers without_wires(const Cells& cells, const core::Matrix<double>& g, std::span<const double> x) const;
  Accuracy with_wires(const core::Matrix<double>& plus, const core::Matrix<double>& minus,
                      core::MatrixView<const double> x, core::MatrixView<double> currents) const;
  Accuracy bent_cells_with_wires(const core::Matrix<double>& plus, const core::Matrix<double>& minus,
                                 std::span<const double> x, std::span<double> currents) const;

  bool forward_;
  bool pairs_;
  bool noisy_ = false;
  bool resistive_;
  bool gated_;
  Segments segments_;
  Unused unused_;
  Cells plus_, minus_;
  // Prepared once where cells hold still.
  std::optional<Circuit> circuit_;
  std::optional<GatedArray> gates_;
};

}  // namespace mho::array
