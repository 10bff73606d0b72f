#include "mho/device/cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "mho/core/error.h"
#include "mho/device/cell_models.h"

namespace mho::device {
namespace {

Cell cell_from(const std::string& device_section) {
  auto study = core::Config::from_text("[device]\n" + device_section, "study.toml");
  Cell cell = read_cell(study);
  study.finish();
  return cell;
}

std::string complaints_of(const std::string& device_section) {
  auto study = core::Config::from_text("[device]\n" + device_section, "study.toml");
  read_cell(study);
  try {
    study.finish();
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

std::vector<float> programmed(const Cell& cell, float target, std::size_t n, std::uint32_t trial = 0) {
  std::vector<float> g(n, target);
  cell.program(g, {.seed = 7, .trial = trial, .purpose = "test"}, 0);
  return g;
}

struct Moments {
  double mean, std;
};
Moments moments(const std::vector<float>& values) {
  double sum = 0, squares = 0;
  for (float v : values) sum += v;
  const double mean = sum / static_cast<double>(values.size());
  for (float v : values) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / static_cast<double>(values.size() - 1))};
}

constexpr std::size_t kCells = 100'000;

/// 4.5 standard errors of a mean and of a standard deviation: a false alarm in 150,000 checks.
void expect_normal(const std::vector<float>& values, double mean, double sigma) {
  const auto m = moments(values);
  const double n = static_cast<double>(values.size());
  EXPECT_NEAR(m.mean, mean, 4.5 * sigma / std::sqrt(n) + 1e-7);
  EXPECT_NEAR(m.std, sigma, 4.5 * sigma / std::sqrt(2 * n) + 1e-7);
}

TEST(Cell, IdealCellsKeepTheirTargets) {
  const Cell cell = cell_from("card = \"ideal\"");
  EXPECT_FALSE(cell.is_random());
  EXPECT_FALSE(cell.has_read_noise());
  EXPECT_EQ(cell.on_off_ratio(), 10);
  for (float v : programmed(cell, 0.37f, 100)) EXPECT_EQ(v, 0.37f);
}

// The generic errors are what their names say, at targets far enough from zero that nothing is clipped.
TEST(Cell, GenericErrorsFollowTheirFormula) {
  for (double g : {0.3, 0.6, 0.95}) {
    const auto at = static_cast<float>(g);
    expect_normal(programmed(cell_from("card = \"state-independent\"\nprogramming.scale = 0.05"), at, kCells),
                  g, 0.05);
    expect_normal(
        programmed(cell_from("card = \"state-proportional\"\nprogramming.scale = 0.05"), at, kCells), g,
        0.05 * g);
    expect_normal(programmed(cell_from("card = \"state-inverse\"\nprogramming.scale = 0.01"), at, kCells), g,
                  0.01 / g);
  }
}

// A uniform error has the width that it says: a spread of width/sqrt(12), and no draw outside.
TEST(Cell, UniformErrorStaysWithinItsWidth) {
  const auto g = programmed(cell_from("programming.width = { polynomial = [0.1] }"), 0.5f, kCells);
  for (float v : g) ASSERT_LE(std::abs(v - 0.5f), 0.05f + 1e-6f);
  EXPECT_NEAR(moments(g).std, 0.1 / std::sqrt(12.0), 0.1 / std::sqrt(12.0) * 4.5 / std::sqrt(2.0 * kCells));
}

// Who programs which cells in which call does not matter: only (stream, number of the cell) does.
TEST(Cell, DrawsDependOnTheCellAlone) {
  const Cell cell = cell_from("card = \"state-independent\"\nfaults.stuck_on = 0.01");
  const auto whole = programmed(cell, 0.5f, 50'000);
  std::vector<float> parts(whole.size(), 0.5f);
  for (std::size_t begin = 0, length = 1; begin < parts.size(); begin += length, length = length * 3 + 7) {
    const std::size_t n = std::min(length, parts.size() - begin);
    cell.program({parts.data() + begin, n}, {.seed = 7, .purpose = "test"}, begin);
  }
  EXPECT_EQ(whole, parts);
  EXPECT_NE(whole, programmed(cell, 0.5f, 50'000, 1));
}

// 2^b levels from g_off to 1, halves to the even level, before the error.
TEST(Cell, CellBitsMakeLevels) {
  const Cell cell = cell_from("cell_bits = 2\non_off_ratio = 4");
  std::vector<float> g{0.25f, 0.374f, 0.3751f, 0.625f, 1.0f};
  cell.program(g, {}, 0);
  EXPECT_EQ(g, (std::vector<float>{0.25f, 0.25f, 0.5f, 0.75f, 1.0f}));
}

// A conductance is never negative; clip = "range" keeps it between G_off and G_on.
TEST(Cell, ClipsWhereAsked) {
  const std::string error = "card = \"state-independent\"\nprogramming.scale = 0.5\non_off_ratio = 10\n";
  bool above = false;
  for (float v : programmed(cell_from(error), 0.5f, 1000)) {
    EXPECT_GE(v, 0);
    above |= v > 1;
  }
  EXPECT_TRUE(above);
  for (float v : programmed(cell_from(error + "clip = \"range\""), 0.5f, 1000)) {
    EXPECT_GE(v, 0.1f);
    EXPECT_LE(v, 1);
  }
}

// Stuck cells are as many as asked for, whatever their target.
TEST(Cell, FaultsHaveTheirProbability) {
  const auto g = programmed(cell_from("faults = {stuck_on = 0.02, stuck_off = 0.1}"), 0.5f, kCells);
  double on = 0, off = 0;
  for (float v : g) {
    on += v == 1.0f;
    off += v == 0.1f;
  }
  EXPECT_NEAR(on / kCells, 0.02, 4.5 * std::sqrt(0.02 * 0.98 / kCells));
  EXPECT_NEAR(off / kCells, 0.1, 4.5 * std::sqrt(0.1 * 0.9 / kCells));
}

TEST(Cell, ReadNoiseIsReportedPerCell) {
  const Cell cell = cell_from("card = \"state-proportional\"\nreading.scale = 0.05");
  ASSERT_TRUE(cell.has_read_noise());
  std::vector<float> g{0.2f, 1.0f}, sigma(2);
  cell.read_noise(g, sigma);
  EXPECT_NEAR(sigma[0], 0.01, 1e-7);
  EXPECT_NEAR(sigma[1], 0.05, 1e-7);
  EXPECT_FALSE(
      cell_from("card = \"state-proportional\"\nreading.scale = 0.05\nread_noise = false").has_read_noise());
}

TEST(Cell, InfiniteOnOffRatioMeansZeroOff) { EXPECT_EQ(cell_from("on_off_ratio = inf").g_off(), 0); }

TEST(Cell, MistakesAreNamed) {
  EXPECT_THAT(complaints_of("card = \"ideall\""), testing::HasSubstr("did you mean \"ideal\""));
  EXPECT_THAT(complaints_of("g_on = 1"), testing::AllOf(testing::HasSubstr("study.toml:2"),
                                                        testing::HasSubstr("did you mean \"g_on_s\"")));
  EXPECT_THAT(complaints_of("on_off_ratio = 0.5"), testing::HasSubstr("study.toml:2: on_off_ratio = 0.5"));
  EXPECT_THAT(complaints_of("card = \"state-inverse\"\ntime_s = 5"),
              testing::HasSubstr("no retention model"));
  EXPECT_THAT(complaints_of("card = \"state-inverse\"\ndose_krad = 5"),
              testing::HasSubstr("no radiation model"));
  EXPECT_THAT(complaints_of("programming.sigma = { polynomail = [1] }"),
              testing::HasSubstr("exactly one of polynomial"));
  EXPECT_THAT(complaints_of("faults = {stuck_on = 0.6, stuck_off = 0.6}"),
              testing::HasSubstr("probabilities"));
}

}  // namespace
}  // namespace mho::device
