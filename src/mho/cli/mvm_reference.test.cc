// `mho mvm` against 41 recorded answers of other programs: mappings, inputs, converters, slices, partitions,
// wires. The answers are not part of this repository; they lie in ../shared/reference or $MHO_REFERENCE.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "mho/array/calibration/calibration.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/reading.h"
#include "mho/core/npy.h"

namespace mho {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  if (const char* there = std::getenv("MHO_REFERENCE")) return fs::path(there) / "crossbar";
  return fs::path(MHO_SOURCE_DIR).parent_path() / "shared" / "reference" / "crossbar";
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  if (fs::is_directory(folder())) {
    for (const auto& entry : fs::directory_iterator(folder())) {
      const auto name = entry.path().filename().string();
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) names.emplace_back("absent");
  return names;
}

core::Matrix<float> matrix(const fs::path& path) { return core::read_npy_matrix<float>(path.string()); }

/// How far one conversion that rounds the other way moves an answer; 0 without converters.
double one_lsb(const fs::path& path) {
  auto config = core::Config::from_file((path / "case.toml").string());
  const auto settings = array::read_settings(config);
  if (settings.adc.kind == array::AdcKind::ideal) return 0;
  const auto w = matrix(path / "W.npy"), x = matrix(path / "X.npy");
  const auto ranges = array::input_ranges(settings.input, x.view(), 99.98);
  const auto m = array::program(w.view(), settings, ranges, {});
  const auto reading = array::reading(*m, array::Direction::forward, ranges);
  double most = 0;
  for (std::size_t b = 0; b < m->blocks.size(); ++b) {
    most = std::max(most, reading.slice_scale[m->blocks[b].slice] / reading.plus[b].steps);
  }
  return most * reading.out_scale;
}

class MvmReference : public testing::TestWithParam<std::string> {
 protected:
  /// Runs the program with one executor and compares.
  void expect_agreement(const std::string& isa) {
    const fs::path path = folder() / GetParam();
    if (!fs::is_directory(path)) GTEST_SKIP() << folder() << " is not there";
    const fs::path output = fs::path(testing::TempDir()) / ("mvm_" + GetParam() + "_" + isa + ".npy");
    const std::string command = "MHO_ISA=" + isa + " " MHO_PROGRAM " mvm --config " +
                                (path / "case.toml").string() + " --weights " + (path / "W.npy").string() +
                                " --inputs " + (path / "X.npy").string() + " --output " + output.string() +
                                " > /dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    const auto y = core::read_npy_matrix<double>(output.string());
    const auto wanted = core::read_npy_matrix<double>((path / "Y.npy").string());
    ASSERT_EQ(y.rows, wanted.rows);
    ASSERT_EQ(y.cols, wanted.cols);

    // Recorded answers without converters are good to 1e-6 of the largest (one of them to 1e-5). Behind a
    // converter one in a hundred may have rounded the other way.
    double largest = 0;
    for (const double value : wanted.elements) largest = std::max(largest, std::abs(value));
    const double close = (GetParam().starts_with("f14") ? 1e-5 : 1e-6) * largest;
    const double lsb = one_lsb(path);
    std::size_t apart = 0;
    for (std::size_t i = 0; i < y.elements.size(); ++i) {
      const double error = std::abs(y.elements[i] - wanted.elements[i]);
      apart += error > close;
      EXPECT_LE(error, lsb * 1.0001 + close) << "output " << i << " of " << GetParam();
    }
    EXPECT_LE(apart, lsb > 0 ? y.elements.size() / 100 : 0);
    fs::remove(output);
  }
};

TEST_P(MvmReference, PlainExecutorAgrees) { expect_agreement("reference"); }
TEST_P(MvmReference, FastestExecutorAgrees) { expect_agreement(""); }

std::string test_name(const testing::TestParamInfo<std::string>& test) {
  std::string name = test.param;  // letters, digits and underscores only
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Crossbar, MvmReference, testing::ValuesIn(cases()), test_name);

}  // namespace
}  // namespace mho
