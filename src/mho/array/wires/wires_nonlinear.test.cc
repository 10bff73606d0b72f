// Nonlinear cells behind wires. ngspice is the oracle for whole arrays (netlist.test.cc); here closed forms
// and limits.

#include "mho/array/wires/wires_nonlinear.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

namespace mho::array {
namespace {

using Matrix = core::Matrix<double>;

Matrix uniform(std::size_t rows, std::size_t cols, double low, double high, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> draw(low, high);
  Matrix m(rows, cols);
  for (auto& x : m.elements) x = draw(engine);
  return m;
}

struct Cells {
  Matrix c1, c2, c3;
  Cells(std::size_t rows, std::size_t cols, unsigned seed)
      : c1(uniform(rows, cols, 0.01, 1, seed)),
        c2(uniform(rows, cols, -0.05, 0.3, seed + 1)),
        c3(uniform(rows, cols, 0, 0.8, seed + 2)) {
    for (std::size_t k = 0; k < c1.elements.size(); ++k) {
      c2.elements[k] *= c1.elements[k];
      c3.elements[k] *= c1.elements[k];
    }
  }
  CubicCells view() const { return {c1.view(), c2.view(), c3.view()}; }
  double current(std::size_t i, std::size_t j, double v) const {
    return v * (c1(i, j) + v * (c2(i, j) + v * c3(i, j)));
  }
};

// In series with a resistance R, the voltage across the cell solves v + R·I(v) = V: bisection.
TEST(NonlinearWires, OneCellIsADivider) {
  const Cells cell(1, 1, 1);
  const Segments s{0.3, 0.2, 0.4, 0.5};
  for (const double v : {1.0, 0.3, -0.7}) {
    double low = -1, high = 1;
    for (int k = 0; k < 100; ++k) {
      const double middle = (low + high) / 2;
      (middle + 1.4 * cell.current(0, 0, middle) < v ? low : high) = middle;
    }
    std::vector<double> current(1);
    const std::vector<double> drive{v};
    EXPECT_LE(solve_nonlinear(std::array{cell.view()}, s, drive, current).residual, largest_residual);
    EXPECT_NEAR(current[0], cell.current(0, 0, low), largest_residual);
    solve_nonlinear_transposed(std::array{cell.view()}, s, drive, current);
    EXPECT_NEAR(current[0], cell.current(0, 0, low), largest_residual);
  }
  // Behind a gate the rail is at ±1.
  double low = -1, high = 1;
  for (int k = 0; k < 100; ++k) {
    const double middle = (low + high) / 2;
    (middle + 1.4 * cell.current(0, 0, middle) < -1 ? low : high) = middle;
  }
  std::vector<double> current(1);
  solve_nonlinear_gated(std::array{cell.view()}, s, {}, std::vector{-1.0}, current);
  EXPECT_NEAR(current[0], cell.current(0, 0, low), largest_residual);
}

// Without resistance every cell sees the whole input: columns are sums of cubics, exactly.
TEST(NonlinearWires, WithoutResistanceCurrentsAreSums) {
  const Cells cells(17, 21, 1);
  const Cells minus(17, 21, 5);
  const Matrix v = uniform(1, 17, -1, 1, 9);
  std::vector<double> currents(21);
  solve_nonlinear(std::array{cells.view(), minus.view()}, {}, v.row(0), currents);
  for (std::size_t j = 0; j < 21; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < 17; ++i) sum += cells.current(i, j, v(0, i)) + minus.current(i, j, -v(0, i));
    EXPECT_NEAR(currents[j], sum, 1e-12);
  }
  const Matrix x = uniform(1, 21, -1, 1, 9);
  std::vector<double> rows(17);
  solve_nonlinear_transposed(std::array{cells.view(), minus.view()}, {}, x.row(0), rows);
  for (std::size_t i = 0; i < 17; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 21; ++j) sum += cells.current(i, j, x(0, j)) - minus.current(i, j, x(0, j));
    EXPECT_NEAR(rows[i], sum, 1e-12);
  }
}

// Straight cells are the linear circuit, whatever solves it.
TEST(NonlinearWires, StraightCellsAreTheLinearCircuit) {
  Cells cells(20, 30, 1);
  cells.c2 = cells.c3 = Matrix(20, 30);
  const Segments s{1e-2, 2e-2, 0.1, 0.1};
  Matrix v = uniform(1, 20, -1, 1, 3);
  Matrix linear(1, 30);
  std::vector<double> currents(30);
  Circuit(cells.c1.view(), s).solve(v.view(), linear.view());
  solve_nonlinear(std::array{cells.view()}, s, v.row(0), currents);
  for (std::size_t j = 0; j < 30; ++j) EXPECT_NEAR(currents[j], linear(0, j), 1e-8);
  for (double& x : v.elements) x = x > 0.2 ? 1 : x < -0.2 ? -1 : 0;
  const Unused unused{7, UnusedRows::supply_end};
  GatedArray(cells.c1.view(), s, unused).solve(v.view(), linear.view());
  solve_nonlinear_gated(std::array{cells.view()}, s, unused, v.row(0), currents);
  for (std::size_t j = 0; j < 30; ++j) EXPECT_NEAR(currents[j], linear(0, j), 1e-8);
}

// A cell I = G·(V - V³/4), whose tangent at full input is a quarter of that at zero, in a large array with
// bad wires: solved to the end in few steps.
TEST(NonlinearWires, LargeArraysConverge) {
  Cells cells(96, 80, 1);
  for (std::size_t k = 0; k < cells.c1.elements.size(); ++k) {
    cells.c2.elements[k] = 0;
    cells.c3.elements[k] = -0.25 * cells.c1.elements[k];
  }
  const Matrix v = uniform(1, 96, -1, 1, 3);
  std::vector<double> currents(80);
  for (const double r : {1e-4, 1e-2, 1.0}) {
    const Accuracy accuracy = solve_nonlinear(std::array{cells.view()}, {r, r, 0, 0}, v.row(0), currents);
    EXPECT_LE(accuracy.residual, largest_residual);
    EXPECT_LE(accuracy.iterations, 12u) << r;
  }
}

}  // namespace
}  // namespace mho::array
