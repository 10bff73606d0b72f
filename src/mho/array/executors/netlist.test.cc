// ngspice and the solvers here give the same currents for every kind of array.

#include "mho/array/executors/netlist.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>

#include "mho/array/mapping/coding.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/array/wires/wires.h"
#include "mho/array/wires/wires_gated.h"
#include "mho/array/wires/wires_nonlinear.h"
#include "mho/core/random.h"

namespace mho::array {
namespace {

using Matrix = core::Matrix<double>;

bool ngspice_is_there() { return std::system("ngspice --version > /dev/null 2>&1") == 0; }  // NOLINT

/// Currents by name, as ngspice prints them.
std::map<std::string, double> run_ngspice(const std::string& text) {
  const auto path =
      std::filesystem::temp_directory_path() / ("mho_netlist_" + std::to_string(::getpid()) + ".cir");
  std::ofstream(path) << text;
  const std::string command = "ngspice -b " + path.string() + " 2>&1";
  std::map<std::string, double> currents;
  std::string all;
  FILE* pipe = popen(command.c_str(), "r");  // NOLINT
  std::array<char, 512> line{};
  while (pipe != nullptr && std::fgets(line.data(), line.size(), pipe) != nullptr) {
    const std::string s = line.data();
    all += s;
    const auto close = s.find(") = ");
    if (s.starts_with("i(") && close != std::string::npos) {
      currents[s.substr(2, close - 2)] = std::stod(s.substr(close + 4));
    }
  }
  EXPECT_NE(pipe, nullptr);
  if (pipe != nullptr) pclose(pipe);
  std::filesystem::remove(path);
  EXPECT_FALSE(currents.empty()) << all;
  return currents;
}

Matrix uniform(std::size_t rows, std::size_t cols, double low, double high, std::mt19937& engine) {
  std::uniform_real_distribution<double> draw(low, high);
  Matrix m(rows, cols);
  for (auto& x : m.elements) x = draw(engine);
  return m;
}

/// A random array of 1 to 100 µS cells; `bends`: with a cubic that matters at the read voltage.
NetlistCircuit random_circuit(unsigned seed, bool pair, bool gated, bool bends) {
  std::mt19937 engine(seed);
  const std::size_t rows = 3 + engine() % 6;
  const std::size_t cols = 2 + engine() % 6;
  NetlistCircuit c;
  c.title = "random array";
  c.gated = gated;
  c.read_voltage_v = 0.2;
  const auto ohm = [&](double most) {
    return engine() % 4 == 0 ? 0.0 : std::uniform_real_distribution<double>(0, most)(engine);
  };
  c.ohm = {.row = ohm(500), .col = ohm(500), .row_terminal = ohm(2000), .col_terminal = ohm(2000)};
  c.unused = {engine() % 4, engine() % 2 == 0 ? UnusedRows::output_end : UnusedRows::supply_end};
  for (int p = 0; p < (pair ? 2 : 1); ++p) {
    NetlistCircuit::Cells cells;
    cells.g = uniform(rows, cols, 1e-6, 1e-4, engine);
    cells.g(rows / 2, cols / 2) = bends ? 1e-6 : 0;
    if (bends) {
      cells.second = uniform(rows, cols, -2e-6, 5e-5, engine);
      cells.third = uniform(rows, cols, 0, 5e-4, engine);
      for (std::size_t k = 0; k < cells.second.elements.size(); ++k)
        cells.second.elements[k] *= cells.g.elements[k] * 1e4;
    }
    c.planes.push_back(cells);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const double x = std::uniform_real_distribution<double>(-1, 1)(engine);
    c.rows_v.push_back(gated ? 0.2 * static_cast<double>(static_cast<int>(engine() % 3) - 1) : 0.2 * x);
  }
  if (gated) c.rows_v[0] = 0.2;
  return c;
}

/// The currents of this project's solver. Gated conductances are in units of V_read: digits are volts there.
std::vector<double> solved(const NetlistCircuit& c) {
  const bool pair = c.planes.size() == 2;
  const std::size_t rows = c.planes[0].g.rows;
  const std::size_t cols = c.planes[0].g.cols;
  Matrix v(1, rows);
  const double unit = c.gated ? c.read_voltage_v : 1;
  for (std::size_t i = 0; i < rows; ++i) v(0, i) = c.rows_v[i] / unit;
  Matrix out(1, cols);
  const bool bends = !c.planes[0].second.elements.empty();
  std::vector<Matrix> second, third;
  for (const auto& p : c.planes) {
    second.push_back(p.second);
    third.push_back(p.third);
    for (auto& x : second.back().elements) x *= unit;
    for (auto& x : third.back().elements) x *= unit * unit;
  }
  Accuracy accuracy;
  if (bends) {
    std::vector<CubicCells> cells;
    for (std::size_t p = 0; p < c.planes.size(); ++p) {
      cells.push_back(
          {c.planes[p].g.view(), std::as_const(second[p]).view(), std::as_const(third[p]).view()});
    }
    accuracy = c.gated ? solve_nonlinear_gated(cells, c.ohm, c.unused, v.row(0), out.row(0))
                       : solve_nonlinear(cells, c.ohm, v.row(0), out.row(0));
  } else if (c.gated) {
    accuracy = (pair ? GatedArray(c.planes[0].g.view(), c.planes[1].g.view(), c.ohm, c.unused)
                     : GatedArray(c.planes[0].g.view(), c.ohm, c.unused))
                   .solve(v.view(), out.view());
  } else {
    accuracy = (pair ? Circuit(c.planes[0].g.view(), c.planes[1].g.view(), c.ohm)
                     : Circuit(c.planes[0].g.view(), c.ohm))
                   .solve(v.view(), out.view());
  }
  EXPECT_LE(accuracy.residual, largest_residual);
  std::vector<double> currents(out.elements.begin(), out.elements.end());
  for (double& i : currents) i *= unit;
  return currents;
}

std::string topology(const std::tuple<bool, bool, bool>& kind) {
  const auto [pair, gated, bends] = kind;
  return std::string(pair ? "Pairs" : "Single") + (gated ? "Gated" : "Fixed") +
         (bends ? "Nonlinear" : "Linear");
}

class EveryTopology : public testing::TestWithParam<std::tuple<bool, bool, bool>> {};

TEST_P(EveryTopology, NgspiceFindsTheSameCurrents) {
  if (!ngspice_is_there()) GTEST_SKIP() << "ngspice is not installed";
  const auto [pair, gated, bends] = GetParam();
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const NetlistCircuit c = random_circuit(seed, pair, gated, bends);
    const auto ours = solved(c);
    auto theirs = run_ngspice(netlist(c));
    double most = 0;
    for (const double i : ours) most = std::max(most, std::abs(i));
    ASSERT_EQ(theirs.size(), ours.size());
    for (std::size_t j = 0; j < ours.size(); ++j) {
      EXPECT_NEAR(theirs["vout" + std::to_string(j)], ours[j], 1e-6 * most)
          << "seed " << seed << " column " << j;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Netlist, EveryTopology,
                         testing::Combine(testing::Bool(), testing::Bool(), testing::Bool()),
                         [](const auto& at) { return topology(at.param); });

// Driven from the columns, read at the rows.
TEST(Netlist, NgspiceFindsTheSameTransposedCurrents) {
  if (!ngspice_is_there()) GTEST_SKIP() << "ngspice is not installed";
  for (const bool bends : {false, true}) {
    NetlistCircuit c = random_circuit(7, false, false, bends);
    c.ohm = {.row = 300, .col = 200, .row_terminal = 500, .col_terminal = 400};
    c.transposed = true;
    const std::size_t rows = c.planes[0].g.rows;
    const std::size_t cols = c.planes[0].g.cols;
    Matrix v(1, cols);
    for (std::size_t j = 0; j < cols; ++j) v(0, j) = 0.03 * static_cast<double>(j) - 0.05;
    c.rows_v = {v.elements.begin(), v.elements.end()};
    Matrix out(1, rows);
    const auto& cells = c.planes[0];
    if (bends) {
      const CubicCells cubic{std::as_const(cells.g).view(), cells.second.view(), cells.third.view()};
      solve_nonlinear_transposed(std::array{cubic}, c.ohm, v.row(0), out.row(0));
    } else {
      Circuit(cells.g.view(), c.ohm).solve_transposed(v.view(), out.view());
    }
    auto theirs = run_ngspice(netlist(c));
    ASSERT_EQ(theirs.size(), rows);
    for (std::size_t i = 0; i < rows; ++i) {
      EXPECT_NEAR(theirs["vplus" + std::to_string(i)], out(0, i), 1e-6 * 3e-6) << "row " << i;
    }
  }
}

// The netlist of a programmed matrix is what an ideal converter reads, in amperes.
TEST(Netlist, TheFirstArrayOfAMatrixIsWhatItsProductReads) {
  if (!ngspice_is_there()) GTEST_SKIP() << "ngspice is not installed";
  for (const bool gated : {false, true}) {
    for (const bool interleaved : {false, true}) {
      Settings s;
      s.array.rows = 12;
      s.array.cols = 0;
      s.mapping.scheme = interleaved ? Scheme::differential : Scheme::offset;
      s.mapping.interleaved = interleaved;
      s.mapping.weight_bits = 0;
      s.input.bits = 2;  // a sign and one bit: the most significant slice is the whole input
      s.adc.kind = AdcKind::ideal;
      s.wires = {
          .row_ohm = 50, .col_ohm = 80, .row_terminal_ohm = 100, .col_terminal_ohm = 200, .gated = gated};
      core::Matrix<float> w(5, 9), x(1, 9), y(1, 5);
      core::fill_normal(core::random_key({.purpose = "weights"}), 0, 0, w.elements);
      core::fill_normal(core::random_key({.purpose = "inputs"}), 0, 0, x.elements);
      const Ranges ranges{.input = 1.5, .input_signed = true, .adc = {}};
      const auto matrix = program(w.view(), s, ranges, {});
      vmm(*make_product(matrix), x.view(), y.view());
      const auto code = input_code(s.input, ranges.input, true);
      double sum = 0;
      for (const float v : x.row(0)) sum += input_value(code, v);
      const auto circuit = first_array(*matrix, Direction::forward, ranges, x.row(0));
      auto theirs = run_ngspice(netlist(circuit));
      ASSERT_EQ(theirs.size(), 5u);
      for (std::size_t j = 0; j < 5; ++j) {
        const double current =
            theirs["vout" + std::to_string(j)] / (s.cell.g_on_s() * s.cell.read_voltage_v());
        const double answer =
            (matrix->code.slice_scale[0] * current - (interleaved ? 0 : matrix->code.sum_scale) * sum) *
            matrix->code.weight_max * ranges.input;
        EXPECT_NEAR(answer, y(0, j), 1e-5 * matrix->code.weight_max) << gated << interleaved;
      }
    }
  }
}

}  // namespace
}  // namespace mho::array
