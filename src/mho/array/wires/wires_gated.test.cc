// Gated arrays with wires answer what Kirchhoff's equations say, whether shot or reduced.

#include "mho/array/wires/wires_gated.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "mho/core/error.h"
#include "mho/core/isa.h"
#include "oracles/nodal.h"

namespace mho::array {
namespace {

using Matrix = core::Matrix<double>;

Matrix random_conductances(std::size_t rows, std::size_t cols, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> uniform(0.01, 1.0);
  Matrix g(rows, cols);
  for (auto& x : g.elements) x = uniform(engine);
  return g;
}

Matrix random_digits(std::size_t batch, std::size_t rows, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_int_distribution<int> digit(-1, 1);
  Matrix v(batch, rows);
  for (auto& x : v.elements) x = digit(engine);
  return v;
}

/// Currents by nodal analysis, one column at a time. Voltages are counted from the rail, which a cell that is
/// on adds back in series: +1 or -1.
std::vector<double> nodal_currents(const Matrix& plus, const Matrix* minus, const Segments& s, Unused unused,
                                   std::span<const double> digits) {
  std::vector<double> currents;
  const std::size_t n = plus.rows;
  for (std::size_t j = 0; j < plus.cols; ++j) {
    oracle::Nodal circuit;
    std::vector<int> column;
    for (std::size_t i = 0; i < n; ++i) column.push_back(circuit.node());
    for (std::size_t i = 0; i + 1 < n; ++i) circuit.resistor(column[i], column[i + 1], s.col);
    const bool at_output = unused.at == UnusedRows::output_end;
    const double extra = static_cast<double>(unused.rows);
    const int end = circuit.source(0);
    circuit.resistor(column.back(), end, s.col + s.col_terminal + (at_output ? extra * s.col : 0));
    for (const Matrix* g : {&plus, minus}) {
      if (g == nullptr) continue;
      int previous = circuit.source(0);
      for (std::size_t i = 0; i < n; ++i) {
        const int node = circuit.node();
        circuit.resistor(previous, node,
                         s.row + (i == 0 ? s.row_terminal + (at_output ? 0 : extra * s.row) : 0));
        const double x = g == &plus ? digits[i] : -digits[i];
        if (x != 0) circuit.cell(node, column[i], (*g)(i, j), x);
        previous = node;
      }
    }
    circuit.solve();
    currents.push_back(circuit.current_into(end));
  }
  return currents;
}

struct Wired {
  std::size_t rows, cols;
  Segments segments;
  Unused unused;
};

const std::vector<Wired> arrays = {
    {1, 1, {0.3, 0.2, 0, 0}, {}},
    {1, 9, {0.01, 0.02, 0.1, 0.2}, {3, UnusedRows::output_end}},
    {9, 1, {0.01, 0.02, 0.1, 0.2}, {3, UnusedRows::supply_end}},
    {33, 40, {1e-3, 1e-3, 0, 0}, {}},
    {33, 40, {1e-3, 5e-4, 0.02, 0.03}, {31, UnusedRows::output_end}},
    {33, 40, {1e-3, 5e-4, 0.02, 0.03}, {31, UnusedRows::supply_end}},
    {33, 40, {0, 1e-3, 0, 0}, {5, UnusedRows::output_end}},
    {33, 40, {1e-3, 0, 0, 0}, {5, UnusedRows::supply_end}},
    {33, 40, {0, 0, 0.01, 0}, {}},
    {33, 40, {0, 0, 0, 0.02}, {}},
    {33, 40, {0, 0, 0, 0}, {}},
    {60, 17, {0.03, 0.02, 0, 0}, {}},  // about where shooting gives way to reduction
    {60, 17, {0.3, 0.2, 0, 0}, {}},
    {20, 33, {100, 100, 0, 0}, {}},
};

class GatedOnEveryIsa : public testing::TestWithParam<core::Isa> {
 protected:
  void SetUp() override { core::use_isa(GetParam()); }
  void TearDown() override { core::use_isa(before_); }
  core::Isa before_ = core::current_isa();
};

TEST_P(GatedOnEveryIsa, AgreesWithTheNodalMatrix) {
  for (const bool pair : {false, true}) {
    for (std::size_t k = 0; k < arrays.size(); ++k) {
      const Wired& w = arrays[k];
      const Matrix plus = random_conductances(w.rows, w.cols, 1);
      const Matrix minus = random_conductances(w.rows, w.cols, 2);
      const Matrix digits = random_digits(3, w.rows, 3);
      Matrix currents(3, w.cols);
      const GatedArray array = pair ? GatedArray(plus.view(), minus.view(), w.segments, w.unused)
                                    : GatedArray(plus.view(), w.segments, w.unused);
      EXPECT_LE(array.solve(digits.view(), currents.view()).residual, largest_residual);
      for (std::size_t v = 0; v < 3; ++v) {
        const auto want = nodal_currents(plus, pair ? &minus : nullptr, w.segments, w.unused, digits.row(v));
        double most = 0;
        for (const double x : want) most = std::max(most, std::abs(x));
        for (std::size_t j = 0; j < w.cols; ++j) {
          ASSERT_NEAR(currents(v, j), want[j], 1e-9 * most)
              << "array " << k << " pair " << pair << " column " << j;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Wires, GatedOnEveryIsa, testing::ValuesIn(core::available_isas()),
                         [](const auto& at) { return core::name(at.param); });

TEST(Gated, NoRowOnGivesNoCurrent) {
  const Matrix g = random_conductances(20, 20, 1);
  const Matrix digits(1, 20);
  Matrix currents(1, 20, 7.0);
  GatedArray(g.view(), {1e-2, 1e-2, 0, 0}, {}).solve(digits.view(), currents.view());
  for (const double i : currents.elements) EXPECT_EQ(i, 0);
}

// A single cell that is on sees all supply segments above it and all column segments below it in series.
TEST(Gated, OneRowOnIsADivider) {
  const Matrix g = random_conductances(20, 20, 1);
  for (const std::size_t row : {0u, 7u, 19u}) {
    Matrix digits(1, 20);
    digits(0, row) = -1;
    Matrix currents(1, 20);
    GatedArray(g.view(), {0.02, 0.03, 0.1, 0.2}, {4, UnusedRows::output_end})
        .solve(digits.view(), currents.view());
    const double above = 0.1 + 0.02 * static_cast<double>(row + 1);
    const double below = 0.2 + 0.03 * static_cast<double>(20 - row + 4);
    for (std::size_t j = 0; j < 20; ++j) {
      EXPECT_NEAR(currents(0, j), -1 / (above + below + 1 / g(row, j)), 1e-12);
    }
  }
}

TEST(Gated, CellsThatNeverConductAreOpen) {
  Matrix g = random_conductances(20, 20, 1);
  for (std::size_t k = 0; k < g.elements.size(); k += 2) g.elements[k] = 0;
  const Matrix digits = random_digits(1, 20, 3);
  const Segments s{0.02, 0.03, 0, 0};
  Matrix currents(1, 20);
  GatedArray(g.view(), s, {}).solve(digits.view(), currents.view());
  const auto want = nodal_currents(g, nullptr, s, {}, digits.row(0));
  for (std::size_t j = 0; j < 20; ++j) EXPECT_NEAR(currents(0, j), want[j], 1e-12);
}

}  // namespace
}  // namespace mho::array
