// An array with wires answers what Kirchhoff's equations say: checked against the assembled nodal matrix
// and against closed forms.

#include "mho/array/wires/wires.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "mho/core/error.h"
#include "mho/core/isa.h"
#include "mho/core/parallel.h"
#include "oracles/nodal.h"

namespace mho::array {
namespace {

using Matrix = core::Matrix<double>;

Matrix random_conductances(std::size_t rows, std::size_t cols, unsigned seed, double lowest = 0.01) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> uniform(lowest, 1.0);
  Matrix g(rows, cols);
  for (auto& x : g.elements) x = uniform(engine);
  return g;
}

Matrix random_inputs(std::size_t batch, std::size_t rows, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  Matrix v(batch, rows);
  for (auto& x : v.elements) x = uniform(engine);
  return v;
}

/// Currents out of the columns by nodal analysis. `minus` may be null.
std::vector<double> nodal_currents(const Matrix& plus, const Matrix* minus, const Segments& s,
                                   std::span<const double> v) {
  oracle::Nodal circuit;
  std::vector<int> ends;
  std::vector<std::vector<int>> column(plus.cols);
  for (auto& wire : column) {
    for (std::size_t i = 0; i < plus.rows; ++i) wire.push_back(circuit.node());
    for (std::size_t i = 0; i + 1 < plus.rows; ++i) circuit.resistor(wire[i], wire[i + 1], s.col);
    ends.push_back(circuit.source(0));
    circuit.resistor(wire.back(), ends.back(), s.col + s.col_terminal);
  }
  for (const Matrix* g : {&plus, minus}) {
    if (g == nullptr) continue;
    for (std::size_t i = 0; i < plus.rows; ++i) {
      int previous = circuit.source(g == &plus ? v[i] : -v[i]);
      for (std::size_t j = 0; j < plus.cols; ++j) {
        const int node = circuit.node();
        circuit.resistor(previous, node, s.row + (j == 0 ? s.row_terminal : 0));
        circuit.conductance(node, column[j][i], (*g)(i, j));
        previous = node;
      }
    }
  }
  circuit.solve();
  std::vector<double> currents;
  currents.reserve(ends.size());
  for (const int end : ends) currents.push_back(circuit.current_into(end));
  return currents;
}

double largest(std::span<const double> x) {
  double most = 0;
  for (const double v : x) most = std::max(most, std::abs(v));
  return most;
}

void expect_same(std::span<const double> got, std::span<const double> want, double relative,
                 const std::string& what) {
  ASSERT_EQ(got.size(), want.size());
  const double bound = relative * largest(want);
  for (std::size_t j = 0; j < got.size(); ++j) ASSERT_NEAR(got[j], want[j], bound) << what << " column " << j;
}

struct Wired {
  std::size_t rows, cols;
  Segments segments;
};

// Sizes around the SIMD width, single wires, terminals with and without wires, no resistance in either
// direction or both, and wires worse than the cells.
const std::vector<Wired> small_arrays = {
    {1, 1, {0.3, 0.2, 0, 0}},     {1, 7, {0.01, 0.02, 0.1, 0.2}}, {9, 1, {0.01, 0.02, 0.1, 0.2}},
    {8, 16, {1e-3, 1e-3, 0, 0}},  {17, 15, {1e-3, 2e-3, 0, 0}},   {20, 24, {0, 1e-2, 0, 0}},
    {20, 24, {1e-2, 0, 0, 0}},    {20, 24, {0, 0, 0, 0}},         {20, 24, {0, 0, 0.5, 0.3}},
    {20, 24, {0, 1e-2, 0.5, 0}},  {20, 24, {1e-2, 0, 0, 0.5}},    {33, 70, {2e-4, 2e-4, 5e-3, 1e-2}},
    {40, 33, {0.1, 0.2, 0, 0.1}}, {12, 12, {100, 100, 0, 0}},     {70, 40, {1e-8, 1e-8, 0, 0}},
    {20, 24, {0, 1e-2, 0, 0.2}},  {20, 24, {0, 0, 0, 0.3}},       {20, 24, {0, 0, 0.5, 0}},
};

std::string name(const Wired& w) {
  return std::to_string(w.rows) + "x" + std::to_string(w.cols) + " row " + std::to_string(w.segments.row) +
         " col " + std::to_string(w.segments.col) + " terminals " + std::to_string(w.segments.row_terminal) +
         ", " + std::to_string(w.segments.col_terminal);
}

class EveryIsa : public testing::TestWithParam<core::Isa> {
 protected:
  void SetUp() override { core::use_isa(GetParam()); }
  void TearDown() override { core::use_isa(before_); }
  core::Isa before_ = core::current_isa();
};

TEST_P(EveryIsa, AgreesWithTheNodalMatrix) {
  for (const Wired& w : small_arrays) {
    const Matrix g = random_conductances(w.rows, w.cols, 1);
    const Matrix v = random_inputs(2, w.rows, 2);
    Matrix currents(2, w.cols);
    const Accuracy accuracy = Circuit(g.view(), w.segments).solve(v.view(), currents.view());
    EXPECT_LE(accuracy.residual, largest_residual);
    for (std::size_t k = 0; k < 2; ++k) {
      expect_same(currents.row(k), nodal_currents(g, nullptr, w.segments, v.row(k)), 1e-8, name(w));
    }
  }
}

TEST_P(EveryIsa, PairsOnACommonColumnAgreeWithTheNodalMatrix) {
  for (const Wired& w : small_arrays) {
    const Matrix plus = random_conductances(w.rows, w.cols, 1);
    const Matrix minus = random_conductances(w.rows, w.cols, 3);
    const Matrix v = random_inputs(1, w.rows, 2);
    Matrix currents(1, w.cols);
    const Accuracy accuracy = Circuit(plus.view(), minus.view(), w.segments).solve(v.view(), currents.view());
    EXPECT_LE(accuracy.residual, largest_residual);
    expect_same(currents.row(0), nodal_currents(plus, &minus, w.segments, v.row(0)), 1e-8, name(w));
  }
}

TEST_P(EveryIsa, CellsThatNeverConductAreOpen) {
  Matrix g = random_conductances(30, 35, 1);
  for (std::size_t k = 0; k < g.elements.size(); k += 3) g.elements[k] = 0;
  for (std::size_t j = 0; j < g.cols; ++j) g(7, j) = 0;  // a dead row
  for (std::size_t i = 0; i < g.rows; ++i) g(i, 5) = 0;  // a dead column
  const Matrix v = random_inputs(1, 30, 2);
  const Segments s{1e-2, 1e-2, 0, 0};
  Matrix currents(1, 35);
  Circuit(g.view(), s).solve(v.view(), currents.view());
  expect_same(currents.row(0), nodal_currents(g, nullptr, s, v.row(0)), 1e-9, "open cells");
  EXPECT_EQ(currents(0, 5), 0);
}

INSTANTIATE_TEST_SUITE_P(Wires, EveryIsa, testing::ValuesIn(core::available_isas()),
                         [](const auto& at) { return core::name(at.param); });

TEST(Wires, ALargeArrayAgreesWithTheNodalMatrix) {
  const Matrix g = random_conductances(200, 256, 1);
  const Matrix v = random_inputs(1, 200, 2);
  for (const double r : {1e-5, 1e-3}) {
    const Segments s{r, r, 0, 0};
    Matrix currents(1, 256);
    const Accuracy accuracy = Circuit(g.view(), s).solve(v.view(), currents.view());
    EXPECT_LE(accuracy.residual, largest_residual);
    expect_same(currents.row(0), nodal_currents(g, nullptr, s, v.row(0)), 1e-8, "200x256");
  }
}

// One cell: the driver sees row wire, cell and column wire in series.
TEST(Wires, OneCellIsADivider) {
  Matrix g(1, 1, 0.25);
  Matrix v(1, 1, 0.8);
  Matrix current(1, 1);
  Circuit(g.view(), {.row = 0.5, .col = 0.25, .row_terminal = 1, .col_terminal = 2})
      .solve(v.view(), current.view());
  EXPECT_NEAR(current(0, 0), 0.8 / (0.5 + 1 + 4 + 0.25 + 2), 1e-15);
}

// One row of equal cells to ground is a ladder: with n cells the currents are in the ratio of
// cosh((n - j - 1/2)θ), 2·sinh(θ/2) = sqrt(r·g).
TEST(Wires, ARowOfEqualCellsIsALadder) {
  const std::size_t n = 100;
  const double r = 2e-3;
  const double g = 0.7;
  Matrix cells(1, n, g);
  Matrix v(1, 1, 1.0);
  Matrix current(1, n);
  Circuit(cells.view(), {.row = r, .col = 0, .row_terminal = 0, .col_terminal = 0})
      .solve(v.view(), current.view());
  const double theta = 2 * std::asinh(std::sqrt(r * g) / 2);
  const double count = n;
  for (std::size_t j = 0; j < n; ++j) {
    const double u =
        std::cosh((count - static_cast<double>(j) - 0.5) * theta) / std::cosh((count + 0.5) * theta);
    EXPECT_NEAR(current(0, j), g * u, 1e-12) << j;
  }
}

// What leaves the columns has entered by the rows, and a network of resistors is reciprocal.
TEST(Wires, TheTransposedArrayIsTheTransposedMatrix) {
  const Segments s{3e-3, 1e-3, 0.02, 0.05};
  for (const bool pair : {false, true}) {
    for (const auto& [rows, cols] : {std::pair<std::size_t, std::size_t>{23, 60}, {40, 23}}) {
      const Matrix g_plus = random_conductances(rows, cols, 1);
      const Matrix g_minus = random_conductances(rows, cols, 4);
      const Circuit circuit = pair ? Circuit(g_plus.view(), g_minus.view(), s) : Circuit(g_plus.view(), s);
      Matrix effective(rows, cols);
      EXPECT_LE(circuit.effective(effective.view()).residual, largest_residual);

      Matrix unit_rows(rows, rows);
      for (std::size_t i = 0; i < rows; ++i) unit_rows(i, i) = 1;
      Matrix forward(rows, cols);
      circuit.solve(unit_rows.view(), forward.view());
      Matrix unit_cols(cols, cols);
      for (std::size_t j = 0; j < cols; ++j) unit_cols(j, j) = 1;
      Matrix backward(cols, rows);
      circuit.solve_transposed(unit_cols.view(), backward.view());
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < cols; ++j) {
          ASSERT_NEAR(effective(i, j), forward(i, j), 1e-9);
          ASSERT_NEAR(backward(j, i), forward(i, j), 1e-9);
        }
      }
    }
  }
}

TEST(Wires, TheEffectiveMatrixAnswersAsTheCircuit) {
  const Segments s{1e-3, 2e-3, 0, 0};
  const Matrix g = random_conductances(50, 60, 1);
  const Circuit circuit(g.view(), s);
  Matrix effective(50, 60);
  circuit.effective(effective.view());
  const Matrix v = random_inputs(3, 50, 5);
  Matrix currents(3, 60);
  circuit.solve(v.view(), currents.view());
  for (std::size_t k = 0; k < 3; ++k) {
    for (std::size_t j = 0; j < 60; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < 50; ++i) sum += v(k, i) * effective(i, j);
      EXPECT_NEAR(currents(k, j), sum, 1e-8);
    }
  }
}

// Wires so bad that they, not the cells, decide: where other methods give up.
TEST(Wires, HardArraysAreSolvedToTheEnd) {
  const Matrix g = random_conductances(150, 150, 1);
  const Matrix v = random_inputs(1, 150, 2);
  for (const double r : {1e-3, 1e-1, 100.0}) {
    Matrix currents(1, 150);
    const Accuracy accuracy = Circuit(g.view(), {r, r, 0, 0}).solve(v.view(), currents.view());
    EXPECT_LE(accuracy.residual, largest_residual) << r;
    EXPECT_GT(accuracy.iterations, 0u);
  }
}

// Several vectors share out the threads, a single one through a large array uses all of them.
TEST(Wires, TheNumberOfThreadsChangesNothing) {
  const int before = core::thread_count();
  for (const auto& [n, batch] : {std::pair<std::size_t, std::size_t>{60, 5}, {720, 1}}) {
    const Matrix g = random_conductances(n, n, 1);
    const Matrix v = random_inputs(batch, n, 2);
    Matrix one(batch, n), two(batch, n);
    core::set_thread_count(1);
    Circuit(g.view(), {1e-4, 1e-4, 0, 0}).solve(v.view(), one.view());
    core::set_thread_count(2);
    Circuit(g.view(), {1e-4, 1e-4, 0, 0}).solve(v.view(), two.view());
    EXPECT_EQ(one.elements, two.elements);
  }
  core::set_thread_count(before);
}

TEST(Wires, RefusesWhatIsNoNumber) {
  Matrix g(2, 2, 0.5);
  Matrix v(1, 2, std::nan("")), out(1, 2);
  EXPECT_THROW(Circuit(g.view(), {1, 1, 0, 0}).solve(v.view(), out.view()), core::InvalidInput);
  EXPECT_THROW(Circuit(g.view(), {-1, 1, 0, 0}), core::InvalidInput);
  EXPECT_THROW(Circuit(g.view(), {1, 1, 0, HUGE_VAL}), core::InvalidInput);
  g(1, 0) = std::nan("");
  EXPECT_THROW(Circuit(g.view(), {1, 1, 0, 0}), core::InvalidInput);
  EXPECT_THROW(Circuit(Matrix(2, 2, 1.0).view(), Matrix(2, 3, 1.0).view(), {1, 1, 0, 0}), core::InvalidInput);
}

}  // namespace
}  // namespace mho::array
