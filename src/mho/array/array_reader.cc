#include "mho/array/array_reader.h"

#include <algorithm>

#include "mho/array/coding.h"
#include "mho/array/reading.h"
#include "mho/core/error.h"

namespace mho::array {
namespace {

core::Matrix<double> in_float64(const core::Matrix<float>& m) {
  core::Matrix<double> d(m.rows, m.cols);
  std::copy(m.elements.begin(), m.elements.end(), d.elements.begin());
  return d;
}

Circuit circuit(const core::Matrix<double>& plus, const core::Matrix<double>& minus, bool pairs,
                const Segments& segments) {
  return pairs ? Circuit(plus.view(), minus.view(), segments) : Circuit(plus.view(), segments);
}

}  // namespace

ArrayReader::ArrayReader(const ProgrammedMatrix& m, Direction direction, const CellArray& plus,
                         const CellArray* minus)
    : forward_(direction == Direction::forward),
      pairs_(minus != nullptr),
      resistive_(has_resistance(m.settings.wires)),
      gated_(m.settings.wires.gated),
      segments_(segments(m.settings.wires, m.settings.cell.g_on_s())),
      unused_{.rows = std::max(m.settings.array.rows, plus.g.rows) - plus.g.rows,
              .at = m.settings.wires.unused_rows},
      plus_(cells(m, plus)) {
  if (pairs_) minus_ = cells(m, *minus);
  noisy_ = !plus.sigma.elements.empty();
  if (!resistive_ || noisy_ || !plus_.second.elements.empty()) return;
  if (!gated_) circuit_.emplace(circuit(plus_.g, minus_.g, pairs_, segments_));
}

ArrayReader::Cells ArrayReader::cells(const ProgrammedMatrix& m, const CellArray& array) const {
  Cells c{.array = &array,
          .g = core::Matrix<double>(array.g.rows, array.g.cols),
          .second = in_float64(array.second),
          .third = in_float64(array.third),
          .noise = array_key(m, forward_ ? "read-noise" : "read-noise-transposed", array.number)};
  std::transform(array.g.elements.begin(), array.g.elements.end(), c.g.elements.begin(),
                 [&](float g) { return on_level(m.code, g); });
  return c;
}

core::Matrix<double> ArrayReader::at_this_read(const Cells& c, std::uint64_t draw) const {
  core::Matrix<double> g = c.g;
  if (!noisy_ || c.array == nullptr) return g;
  std::vector<float> normal(g.elements.size());
  core::fill_normal(c.noise, draw, 0, normal);
  for (std::size_t i = 0; i < normal.size(); ++i) {
    g.elements[i] += double{c.array->sigma.elements[i]} * normal[i];
  }
  return g;
}

/// Σ g·x + second·x² + third·x³ along every line read.
ArrayReader::Numbers ArrayReader::without_wires(const Cells& c, const core::Matrix<double>& g,
                                                std::span<const double> x) const {
  const bool bent = !c.second.elements.empty();
  Numbers sum(forward_ ? g.cols : g.rows, 0.0);
  for (std::size_t row = 0; row < g.rows; ++row) {
    for (std::size_t col = 0; col < g.cols; ++col) {
      const double v = x[forward_ ? row : col];
      double current = g(row, col) * v;
      if (bent) current += c.second(row, col) * v * v + c.third(row, col) * v * v * v;
      sum[forward_ ? col : row] += current;
    }
  }
  return sum;
}

ArrayReader::Numbers ArrayReader::with_wires(const core::Matrix<double>& plus,
                                             const core::Matrix<double>& minus,
                                             std::span<const double> x) const {
  const core::MatrixView<const double> v(x.data(), 1, x.size());
  Numbers currents(forward_ ? plus.cols : plus.rows);
  const core::MatrixView<double> out(currents.data(), 1, currents.size());
  if (gated_) throw core::InvalidInput("[wires]: gated arrays are not computed yet");
  {
    const std::optional<Circuit> fresh =
        circuit_ ? std::nullopt : std::optional(circuit(plus, minus, pairs_, segments_));
    const Circuit& solver = circuit_ ? *circuit_ : *fresh;
    if (forward_) {
      solver.solve(v, out);
    } else {
      solver.solve_transposed(v, out);
    }
  }
  return currents;
}

ArrayReader::Numbers ArrayReader::bent_cells_with_wires(const core::Matrix<double>& plus,
                                                        const core::Matrix<double>& minus,
                                                        std::span<const double> x) const {
  (void)plus, (void)minus, (void)x;
  throw core::InvalidInput("[wires]: nonlinear cells are not computed yet");
}

std::vector<double> ArrayReader::currents(std::span<const double> x, std::uint64_t draw) const {
  const core::Matrix<double> plus = at_this_read(plus_, draw);
  const core::Matrix<double> minus = at_this_read(minus_, draw);
  if (resistive_) {
    return plus_.second.elements.empty() ? with_wires(plus, minus, x) : bent_cells_with_wires(plus, minus, x);
  }
  Numbers currents = without_wires(plus_, plus, x);
  if (!pairs_) return currents;
  // Forward, the minus cells' rows are driven at -x and their column adds up; read along the rows, both see
  // the same column and the rows' currents are subtracted.
  Numbers opposite(x.begin(), x.end());
  if (forward_) std::transform(x.begin(), x.end(), opposite.begin(), [](double v) { return -v; });
  const Numbers others = without_wires(minus_, minus, opposite);
  for (std::size_t j = 0; j < currents.size(); ++j) currents[j] += forward_ ? others[j] : -others[j];
  return currents;
}

}  // namespace mho::array
