// The netlist that `mho mvm --spice` writes is one that ngspice runs, and gives the answer that mho gives.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "mho/core/npy.h"
#include "mho/core/random.h"
#include "temporary_folder.h"

namespace mho {
namespace {

// Pairs of cells with g_off = 0 and no converter: an answer is a current in units of V_read·G_on.
constexpr const char* study = R"(
task = "mvm"
[device]
card = "ideal"
g_on_s = 1e-4
on_off_ratio = inf
[array]
rows = 0
cols = 0
[mapping]
scheme = "differential"
weight_bits = 0
weight_range = 1.0
interleaved = true
[input]
bits = 0
signed = true
range = 1.0
[adc]
kind = "ideal"
[wires]
row_ohm = 70
col_ohm = 50
row_terminal_ohm = 200
col_terminal_ohm = 100
)";

TEST(MvmSpice, NgspiceGivesTheSameAnswer) {
  if (std::system("ngspice --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "ngspice is not installed";
  const tests::TemporaryFolder folder;
  std::ofstream(folder.file("study.toml")) << study;
  core::Matrix<float> w(6, 8), x(2, 8);
  core::fill_uniform(core::random_key({.purpose = "weights"}), 0, 0, w.elements);
  core::fill_uniform(core::random_key({.purpose = "inputs"}), 0, 0, x.elements);
  for (auto* m : {&w, &x}) {
    for (float& v : m->elements) v = 2 * v - 1;
  }
  core::write_npy(folder.file("W.npy"), w);
  core::write_npy(folder.file("X.npy"), x);
  const std::string command = MHO_PROGRAM " mvm --config " + folder.file("study.toml") + " --weights " +
                              folder.file("W.npy") + " --inputs " + folder.file("X.npy") + " --output " +
                              folder.file("Y.npy") + " --spice " + folder.file("array.cir") + " --json " +
                              folder.file("result.json") + " > /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const auto y = core::read_npy_matrix<double>(folder.file("Y.npy"));

  const std::string spice =
      "ngspice -b " + folder.file("array.cir") + " > " + folder.file("out.txt") + " 2>&1";
  ASSERT_EQ(std::system(spice.c_str()), 0);
  std::map<std::string, double> currents;
  std::ifstream out(folder.file("out.txt"));
  for (std::string line; std::getline(out, line);) {
    const auto close = line.find(") = ");
    if (line.starts_with("i(") && close != std::string::npos) {
      currents[line.substr(2, close - 2)] = std::stod(line.substr(close + 4));
    }
  }
  ASSERT_EQ(currents.size(), 6u);
  constexpr double unit = 1e-4 * 0.1;  // G_on and the read voltage of the ideal card
  for (std::size_t j = 0; j < 6; ++j) EXPECT_NEAR(currents["vout" + std::to_string(j)] / unit, y(0, j), 1e-5);

  const auto json = nlohmann::json::parse(std::ifstream(folder.file("result.json")));
  EXPECT_GT(json.at("wires_residual").get<double>(), 0);
  EXPECT_LE(json.at("wires_residual").get<double>(), 1e-9);
}

}  // namespace
}  // namespace mho
