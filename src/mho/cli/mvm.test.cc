// `mho mvm` as a user meets it: files in, files out, one clear line where something is wrong.

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "mho/core/files.h"
#include "mho/core/npy.h"
#include "mho/core/random.h"
#include "temporary_folder.h"

namespace mho {
namespace {

core::Matrix<double> random_matrix(std::size_t rows, std::size_t cols, std::string_view purpose) {
  std::vector<float> values(rows * cols);
  core::fill_uniform(core::random_key({.purpose = purpose}), 0, 0, values);
  core::Matrix<double> m(rows, cols);
  for (std::size_t i = 0; i < values.size(); ++i) m.elements[i] = 2 * values[i] - 1;
  return m;
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Mvm : public testing::Test {
 protected:
  void SetUp() override {
    core::write_npy(folder_.file("W.npy"), w_);
    core::write_npy(folder_.file("X.npy"), x_);
    core::write_npy(folder_.file("XT.npy"), xt_);
    study("[mapping]\nweight_bits = 0\n[input]\nbits = 0\nrange = 1\n[adc]\nkind = \"ideal\"\n");
  }
  void study(const std::string& toml) { core::write_file(folder_.file("c.toml"), std::string_view(toml)); }
  /// Runs `mho mvm` on the study; what it prints to both streams is kept.
  int run(const std::string& more = "", const std::string& x = "X.npy", const std::string& w = "W.npy") {
    const std::string command = MHO_PROGRAM " mvm --config " + folder_.file("c.toml") + " --weights " +
                                folder_.file(w) + " --inputs " + folder_.file(x) + " --output " +
                                folder_.file("Y.npy") + " " + more + " > " + folder_.file("said") + " 2>&1";
    const int status = std::system(command.c_str());
    said_ = contents(folder_.file("said"));
    return WEXITSTATUS(status);
  }
  core::NpyArray y() { return core::read_npy(folder_.file("Y.npy")); }

  tests::TemporaryFolder folder_;
  core::Matrix<double> w_ = random_matrix(4, 6, "weights"), x_ = random_matrix(3, 6, "inputs"),
                       xt_ = random_matrix(3, 4, "inputs");
  std::string said_;
};

TEST_F(Mvm, AnswersTheProduct) {
  ASSERT_EQ(run("--json " + folder_.file("answer.json")), 0) << said_;
  const auto answer = core::read_npy_matrix<double>(folder_.file("Y.npy"));
  ASSERT_EQ(answer.rows, 3u);
  ASSERT_EQ(answer.cols, 4u);
  double square = 0;
  for (int v = 0; v < 3; ++v) {
    for (int j = 0; j < 4; ++j) {
      double exact = 0;
      for (int i = 0; i < 6; ++i) exact += x_(v, i) * w_(j, i);
      EXPECT_NEAR(answer(v, j), exact, 1e-6);
      square += (answer(v, j) - exact) * (answer(v, j) - exact) / 12;
    }
  }
  const auto json = nlohmann::json::parse(contents(folder_.file("answer.json")));
  EXPECT_NEAR(json["rms_error"].get<double>(), std::sqrt(square), 1e-7);
  EXPECT_EQ(json["conversions"], 12);
  EXPECT_EQ(json["clipped"], 0);
  EXPECT_EQ(json["arrays"], 2);
  EXPECT_EQ(json["study"]["adc"]["kind"], "ideal");
  EXPECT_EQ(json["study"]["array"]["rows"], 1024) << "defaults are filled in";
  EXPECT_EQ(json["seed"], 1);
  for (const char* key : {"version", "machine", "timing", "trials"}) EXPECT_TRUE(json.contains(key)) << key;
}

TEST_F(Mvm, TransposedDrivesTheColumns) {
  ASSERT_EQ(run("--transpose", "XT.npy"), 0) << said_;
  const auto answer = core::read_npy_matrix<double>(folder_.file("Y.npy"));
  ASSERT_EQ(answer.cols, 6u);
  for (int i = 0; i < 6; ++i) {
    double exact = 0;
    for (int j = 0; j < 4; ++j) exact += xt_(0, j) * w_(j, i);
    EXPECT_NEAR(answer(0, i), exact, 1e-6);
  }
}

TEST_F(Mvm, TrialsAreChips) {
  study("[device]\ncard = \"state-proportional\"\n[adc]\nrange = \"max\"\n");
  ASSERT_EQ(run("--trials 2 --trial 5"), 0) << said_;
  EXPECT_EQ(y().shape, (std::vector<std::size_t>{2, 3, 4}));
  const auto both = core::elements_as<double>(y(), "Y");
  ASSERT_EQ(run("--trial 6"), 0) << said_;
  const auto second = core::elements_as<double>(y(), "Y");
  EXPECT_TRUE(std::equal(second.begin(), second.end(), both.begin() + 12));
  EXPECT_FALSE(std::equal(second.begin(), second.end(), both.begin()));
}

TEST_F(Mvm, TheSameBytesOnAnyNumberOfThreads) {
  study("[device]\ncard = \"state-proportional\"\nreading.scale = 0.02\n[array]\nrows = 2\n");
  ASSERT_EQ(run("--threads 1"), 0) << said_;
  const auto one = contents(folder_.file("Y.npy"));
  ASSERT_EQ(run("--threads 3"), 0) << said_;
  EXPECT_EQ(contents(folder_.file("Y.npy")), one);
}

TEST_F(Mvm, AnEmptyBatchHasAnEmptyAnswer) {
  core::write_npy(folder_.file("none.npy"), core::Matrix<double>(0, 6));
  ASSERT_EQ(run("", "none.npy"), 0) << said_;
  EXPECT_EQ(y().shape, (std::vector<std::size_t>{0, 4}));
}

TEST_F(Mvm, SetChangesAKey) {
  ASSERT_EQ(run("--set adc.kind=uniform --set adc.bits=3 --set adc.range=max"), 0) << said_;
  std::map<double, int> codes;
  for (const double value : core::elements_as<double>(y(), "Y")) ++codes[value];
  EXPECT_LE(codes.size(), 8u);
}

// What is wrong is said in one line with file, key or index, and what would be right; the exit code is 2.
TEST_F(Mvm, MistakesAreNamed) {
  EXPECT_EQ(run("", "XT.npy"), 2);
  EXPECT_NE(said_.find("XT.npy has 4 columns, but the inputs of"), std::string::npos) << said_;

  auto broken = x_;
  broken(1, 2) = std::nan("");
  core::write_npy(folder_.file("broken.npy"), broken);
  EXPECT_EQ(run("", "broken.npy"), 2);
  EXPECT_NE(said_.find("broken.npy: [1, 2] is nan: must be a finite number"), std::string::npos) << said_;

  for (const auto& [rows, cols] : {std::pair<std::size_t, std::size_t>{0, 6}, {4, 0}}) {
    core::write_npy(folder_.file("empty.npy"), core::Matrix<double>(rows, cols));
    core::write_npy(folder_.file("vectors.npy"), core::Matrix<double>(3, cols));
    EXPECT_EQ(run("", "vectors.npy", "empty.npy"), 2);
    EXPECT_NE(said_.find(fmt::format("empty.npy: is an empty matrix of shape {}×{}", rows, cols)),
              std::string::npos)
        << said_;
  }

  EXPECT_EQ(run("", "X.npy", "absent.npy"), 2);
  EXPECT_NE(said_.find("absent.npy"), std::string::npos) << said_;

  EXPECT_EQ(run("--set adc.bits"), 2);
  EXPECT_NE(said_.find("KEY=VALUE"), std::string::npos) << said_;

  study("[adc]\nbitts = 3\n[wires]\nrow_ohm = -1\n");
  EXPECT_EQ(run(), 2);
  EXPECT_NE(said_.find("c.toml:2: adc.bitts: unknown key; did you mean \"bits\"?"), std::string::npos)
      << said_;
  EXPECT_NE(said_.find("c.toml:4: wires.row_ohm"), std::string::npos) << said_;

  study("[wires]\ngated = true\ncol_ohm = 1\n[input]\nslice_bits = 1\n");
  EXPECT_EQ(run("--transpose", "XT.npy"), 2);
  EXPECT_NE(said_.find("has no transpose"), std::string::npos) << said_;
}

/// Currents that ngspice prints for a netlist, by output.
std::vector<double> spice(const std::string& netlist, std::size_t outputs, const std::string& log) {
  std::vector<double> currents(outputs, std::nan(""));
  if (std::system(("ngspice -b " + netlist + " > " + log + " 2>/dev/null").c_str()) < 0) return currents;
  std::istringstream lines(contents(log));
  for (std::string line; std::getline(lines, line);) {
    unsigned j = 0;
    double current = 0;
    if (std::sscanf(line.c_str(), "i(vout%u) = %lf", &j, &current) == 2 && j < outputs) currents[j] = current;
  }
  return currents;
}

// The netlist is the array: another circuit simulator finds the same answer in it.
TEST_F(Mvm, AnotherSimulatorFindsTheSameAnswerInTheNetlist) {
  if (std::system("ngspice --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "ngspice is not there";
  study(
      "[device]\non_off_ratio = 10\n[mapping]\nscheme = \"offset\"\nweight_bits = 0\nweight_range = "
      "1\n[input]\n"
      "bits = 0\nrange = 1\n[adc]\nkind = \"ideal\"\n[wires]\nrow_ohm = 70\ncol_ohm = 50\nrow_terminal_ohm = "
      "200\n");
  ASSERT_EQ(run("--spice " + folder_.file("array.cir")), 0) << said_;
  const auto answer = core::read_npy_matrix<double>(folder_.file("Y.npy"));
  const auto currents = spice(folder_.file("array.cir"), 4, folder_.file("log"));
  double sum = 0;
  for (int i = 0; i < 6; ++i) sum += x_(0, i);
  for (int j = 0; j < 4; ++j) {
    // Over V_read·G_on = 0.1 V · 1e-4 S; half the span 0.9 is a weight of 1, and 0.55 one of 0.
    EXPECT_NEAR((currents[j] / (0.1 * 1e-4) - 0.55 * sum) * 2 / 0.9, answer(0, j), 2e-6) << j;
  }
}

}  // namespace
}  // namespace mho
