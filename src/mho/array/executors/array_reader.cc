#include "mho/array/executors/array_reader.h"

#include <algorithm>

#include "mho/array/mapping/coding.h"
#include "mho/array/reading/reading.h"
#include "mho/array/wires/wires_nonlinear.h"

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

GatedArray gated_array(const core::Matrix<double>& plus, const core::Matrix<double>& minus, bool pairs,
                       const Segments& segments, Unused unused) {
  return pairs ? GatedArray(plus.view(), minus.view(), segments, unused)
               : GatedArray(plus.view(), segments, unused);
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
  if (gated_) {
    gates_.emplace(gated_array(plus_.g, minus_.g, pairs_, segments_, unused_));
  } else {
    circuit_.emplace(circuit(plus_.g, minus_.g, pairs_, segments_));
  }
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

Accuracy ArrayReader::with_wires(const core::Matrix<double>& plus, const core::Matrix<double>& minus,
                                 core::MatrixView<const double> x, core::MatrixView<double> currents) const {
  if (gates_) return gates_->solve(x, currents);
  if (gated_) return gated_array(plus, minus, pairs_, segments_, unused_).solve(x, currents);
  const std::optional<Circuit> fresh =
      circuit_ ? std::nullopt : std::optional(circuit(plus, minus, pairs_, segments_));
  const Circuit& solver = circuit_ ? *circuit_ : *fresh;
  return forward_ ? solver.solve(x, currents) : solver.solve_transposed(x, currents);
}

Accuracy ArrayReader::bent_cells_with_wires(const core::Matrix<double>& plus,
                                            const core::Matrix<double>& minus, std::span<const double> x,
                                            std::span<double> currents) const {
  std::vector<CubicCells> planes{{plus.view(), plus_.second.view(), plus_.third.view()}};
  if (pairs_) planes.push_back({minus.view(), minus_.second.view(), minus_.third.view()});
  if (gated_) return solve_nonlinear_gated(planes, segments_, unused_, x, currents);
  return forward_ ? solve_nonlinear(planes, segments_, x, currents)
                  : solve_nonlinear_transposed(planes, segments_, x, currents);
}

std::vector<double> ArrayReader::currents(std::span<const double> x, std::uint64_t draw,
                                          Accuracy* accuracy) const {
  core::Matrix<double> fresh_plus, fresh_minus;
  if (noisy_) {
    fresh_plus = at_this_read(plus_, draw);
    if (pairs_) fresh_minus = at_this_read(minus_, draw);
  }
  const core::Matrix<double>& plus = noisy_ ? fresh_plus : plus_.g;
  const core::Matrix<double>& minus = noisy_ ? fresh_minus : minus_.g;
  if (resistive_) {
    Numbers out(forward_ ? plus.cols : plus.rows);
    const Accuracy reached = plus_.second.elements.empty() ? with_wires(plus, minus, {x.data(), 1, x.size()},
                                                                        {out.data(), 1, out.size()})
                                                           : bent_cells_with_wires(plus, minus, x, out);
    if (accuracy != nullptr) accuracy->add(reached);
    return out;
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
