#include "mho/array/wires/wires_nonlinear.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "mho/array/wires/circuit.h"
#include "mho/array/wires/circuit_gated.h"
#include "mho/core/error.h"

namespace mho::array {
namespace {

constexpr std::size_t most_steps = 60;
// Newton's method at least triples the digits near the end; it stops below largest_residual.
constexpr double newton_aim = 1e-11;
// A tangent flatter than this share of the cell's conductance at 0 V is replaced by it.
constexpr double flattest = 0.02;

using Planes = std::span<const CubicCells>;
using Field = core::Matrix<double>;

/// The cells' tangents at voltages v: I ≈ slope·V + offset.
struct Tangents {
  std::array<Field, 2> v, slope, offset;

  /// Starts from cells that are linear.
  explicit Tangents(Planes cells) {
    for (std::size_t p = 0; p < cells.size(); ++p) {
      const std::size_t rows = cells[p].c1.rows;
      const std::size_t cols = cells[p].c1.cols;
      v[p] = slope[p] = offset[p] = Field(rows, cols);
      for (std::size_t i = 0; i < rows; ++i) {
        const auto row = cells[p].c1.row(i);
        std::copy(row.begin(), row.end(), slope[p].row(i).begin());
      }
    }
  }

  /// Goes the share `step` of the way to the voltages `to` and linearizes there. Returns how far the
  /// cells' currents at `to` are from the tangents that led there, over those currents (2-norms).
  double move(Planes cells, const std::array<Field, 2>& to, double step) {
    double wrong = 0;
    double all = 0;
    for (std::size_t p = 0; p < cells.size(); ++p) {
      for (std::size_t i = 0; i < v[p].rows; ++i) {
        for (std::size_t j = 0; j < v[p].cols; ++j) {
          const double c1 = cells[p].c1(i, j);
          const double c2 = cells[p].c2(i, j);
          const double c3 = cells[p].c3(i, j);
          const auto current = [&](double x) { return x * (c1 + x * (c2 + x * c3)); };
          const double target = to[p](i, j);
          const double error = current(target) - (slope[p](i, j) * target + offset[p](i, j));
          wrong += error * error;
          all += current(target) * current(target);
          double& x = v[p](i, j);
          x += step * (target - x);
          slope[p](i, j) = std::max(c1 + x * (2 * c2 + x * 3 * c3), flattest * std::abs(c1));
          offset[p](i, j) = current(x) - slope[p](i, j) * x;
        }
      }
    }
    return wrong == 0 ? 0 : std::sqrt(wrong / all);
  }
};

/// `solve(tangents, voltages)` solves the circuit of the tangents for the voltages across all cells.
template <typename SolveTangents>
Accuracy newton(Planes cells, const SolveTangents& solve) {
  Tangents tangents(cells);
  std::array<Field, 2> to;
  for (std::size_t p = 0; p < cells.size(); ++p) to[p] = Field(cells[p].c1.rows, cells[p].c1.cols);
  double step = 1;
  double before = 0;
  for (std::size_t k = 0; k < most_steps; ++k) {
    const Accuracy linear = solve(tangents, to);
    const double residual = tangents.move(cells, to, step);
    const bool stalls = residual <= largest_residual && residual > 0.1 * before && k > 0;
    if (residual <= newton_aim || stalls) {
      return {.residual = std::max(residual, linear.residual), .solutions = 1, .iterations = k + 1};
    }
    if (!std::isfinite(residual)) break;
    step = k > 0 && residual > before ? std::max(0.5 * step, 0.05) : std::min(1.0, 2 * step);
    before = residual;
  }
  throw core::SystemFailure(fmt::format(
      "the circuit of a {}×{} array with nonlinear cells was not solved: relative residual {:.2g} after {} "
      "steps of Newton's method. Cells whose current falls with voltage have several states",
      cells[0].c1.rows, cells[0].c1.cols, before, most_steps));
}

void check(Planes cells) {
  std::vector<core::MatrixView<const double>> all;
  for (const auto& c : cells) all.insert(all.end(), {c.c1, c.c2, c.c3});
  check_conductances(all);
}

Accuracy solve_fixed(Planes cells, const Segments& segments, Drive drive, Reading reading) {
  check(cells);
  return newton(cells, [&](const Tangents& t, std::array<Field, 2>& to) {
    std::vector<core::MatrixView<const double>> slopes;
    for (std::size_t p = 0; p < cells.size(); ++p) {
      slopes.push_back(t.slope[p].view());
      drive.sources[p] = t.offset[p].view();
      reading.voltages[p] = to[p].view();
    }
    return LinearCircuit(slopes, segments).solve(drive, reading);
  });
}

}  // namespace

Accuracy solve_nonlinear(Planes cells, const Segments& segments, std::span<const double> v,
                         std::span<double> currents) {
  std::vector<double> minus(v.begin(), v.end());
  for (double& x : minus) x = -x;
  Drive drive;
  drive.rows = {v, minus};
  Reading reading;
  reading.cols = currents;
  return solve_fixed(cells, segments, drive, reading);
}

Accuracy solve_nonlinear_gated(Planes cells, const Segments& segments, Unused unused,
                               std::span<const double> v, std::span<double> currents) {
  check(cells);
  std::vector<double> digits(v.begin(), v.end());
  for (double& x : digits) x = x == 0 ? 0 : std::copysign(1.0, x);
  return newton(cells, [&](const Tangents& t, std::array<Field, 2>& to) {
    std::vector<core::MatrixView<const double>> slopes;
    for (std::size_t p = 0; p < cells.size(); ++p) slopes.push_back(t.slope[p].view());
    const GatedColumns columns(slopes, segments, unused);
    const auto& a = columns.view;
    // I = slope·(x + s - w) + offset = b + slope·(s - w)
    std::array<core::AlignedVector<double>, 2> b, across;
    std::array<const double*, 2> b_fields{};
    std::array<double*, 2> across_fields{};
    for (std::size_t p = 0; p < cells.size(); ++p) {
      b[p].resize(columns.field_size());
      across[p].resize(columns.field_size());
      for (std::size_t i = 0; i < a.rows; ++i) {
        const double x = p == 0 ? digits[i] : -digits[i];
        for (std::size_t j = 0; j < a.cols; ++j) {
          b[p][columns.at(i, j)] = t.slope[p](i, j) * x + t.offset[p](i, j);
        }
      }
      b_fields[p] = b[p].data();
      across_fields[p] = across[p].data();
    }
    core::AlignedVector<double> scratch(reduce_scratch(a));
    core::AlignedVector<double> all(columns.strips * columns.sweeps.strip);
    Accuracy accuracy{.residual = 0, .solutions = 1, .iterations = 0};
    for (std::size_t strip = 0; strip < columns.strips; ++strip) {
      const double error =
          columns.sweeps.reduce(a, strip, digits, b_fields, all.data(), across_fields, scratch.data());
      accuracy.residual = std::max(accuracy.residual, error);
    }
    std::copy_n(all.begin(), a.cols, currents.begin());
    for (std::size_t p = 0; p < cells.size(); ++p) {
      for (std::size_t i = 0; i < a.rows; ++i) {
        const double x = p == 0 ? digits[i] : -digits[i];
        for (std::size_t j = 0; j < a.cols; ++j) {
          to[p](i, j) = x == 0 ? 0 : x + across[p][columns.at(i, j)];
        }
      }
    }
    return accuracy;
  });
}

Accuracy solve_nonlinear_transposed(Planes cells, const Segments& segments, std::span<const double> v,
                                    std::span<double> currents) {
  std::vector<double> minus(cells.size() == 2 ? currents.size() : 0);
  Drive drive;
  drive.cols = v;
  Reading reading;
  reading.rows = {currents, minus};
  // Here a cell sees column less row, in the circuit row less column: its square changes sign.
  std::vector<Field> squares;
  std::vector<CubicCells> turned;
  squares.reserve(cells.size());
  for (const CubicCells& c : cells) {
    Field& square = squares.emplace_back(c.c2.rows, c.c2.cols);
    for (std::size_t i = 0; i < square.rows; ++i) {
      for (std::size_t j = 0; j < square.cols; ++j) square(i, j) = -c.c2(i, j);
    }
    turned.push_back({c.c1, square.view(), c.c3});
  }
  const Accuracy accuracy = solve_fixed(turned, segments, drive, reading);
  for (std::size_t i = 0; i < currents.size(); ++i) {
    currents[i] = (minus.empty() ? 0.0 : minus[i]) - currents[i];
  }
  return accuracy;
}

}  // namespace mho::array
