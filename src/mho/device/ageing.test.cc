// Cells that exist go on as they would have in one go: what is programmed, kept and left to wait is what was
// programmed that long ago.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "mho/device/cell.h"
#include "mho/device/cell_models.h"

namespace mho::device {
namespace {

constexpr std::size_t kCells = 100'000;
constexpr double kDay = 86'400;
constexpr core::Stream kMade{.seed = 7, .purpose = "programming"};
constexpr core::Stream kLater{.seed = 7, .purpose = "ageing"};

Cell cell_from(const std::string& device_section) {
  auto study = core::Config::from_text("[device]\n" + device_section, "study.toml");
  Cell cell = read_cell(study);
  study.finish();
  return cell;
}

std::vector<float> programmed(const Cell& cell, float target) {
  std::vector<float> g(kCells, target);
  cell.program(g, kMade, 0);
  return g;
}

/// After `past`, the cell's history.
std::vector<float> aged(std::vector<float> g, float target, const Cell& cell, std::vector<Event> past,
                        std::vector<Fault> faults = {}) {
  const std::vector<float> targets(g.size(), target);
  cell.with_past(std::move(past)).age(g, targets, faults, kMade, kLater);
  return g;
}

struct Moments {
  double mean = 0, std = 0;
};
Moments moments(const std::vector<float>& values) {
  const auto n = static_cast<double>(values.size());
  Moments m;
  for (const float v : values) m.mean += v / n;
  for (const float v : values) m.std += (v - m.mean) * (v - m.mean) / (n - 1);
  m.std = std::sqrt(m.std);
  return m;
}

/// 4.5 standard errors of a difference of means, and of standard deviations of nearly normal numbers.
void expect_alike(const std::vector<float>& a, const std::vector<float>& b, const std::string& what) {
  const Moments x = moments(a), y = moments(b);
  const double n = kCells;
  EXPECT_NEAR(x.mean, y.mean, 4.5 * x.std * std::sqrt(2 / n)) << what;
  EXPECT_NEAR(x.std, y.std, 4.5 * x.std * std::sqrt(1 / n)) << what;
}

// A table of drift: the mean goes where it would have, and the spread grows to what it would have been.
TEST(Ageing, TableDriftInTwoStepsHasTheMomentsOfOne) {
  const std::string card = "card = \"sonos-40nm\"\n";
  const Cell fresh = cell_from(card), day = cell_from(card + "time_s = 86400"),
             four_days = cell_from(card + "time_s = 345600"), five_days = cell_from(card + "time_s = 432000");
  for (const float target : {0.3f, 0.6f, 0.95f}) {
    const auto at_once = programmed(five_days, target);
    const auto waited = aged(programmed(fresh, target), target, five_days, {});
    expect_alike(at_once, waited, "0 + 5 days");
    expect_alike(at_once, aged(programmed(day, target), target, four_days, {{.wait_s = kDay}}), "1 + 4 days");
    EXPECT_NE(moments(waited).mean, moments(programmed(fresh, target)).mean);
  }
}

// A cell keeps its exponent for life: each ends where it would have ended.
TEST(Ageing, PowerLawInTwoStepsIsThatOfOneCellByCell) {
  const std::string card = "card = \"pcm-joshi\"\nread_noise = false\n";
  const Cell hour = cell_from(card + "time_s = 3600"), day = cell_from(card + "time_s = 86400"),
             rest = cell_from(card + "time_s = 82800");
  const auto at_once = programmed(day, 0.5f);
  const auto in_two = aged(programmed(hour, 0.5f), 0.5f, rest, {{.wait_s = 3600}});
  for (std::size_t i = 0; i < kCells; ++i) ASSERT_NEAR(in_two[i], at_once[i], 1e-5 * at_once[i]);
}

TEST(Ageing, DoseInTwoStepsHasTheMomentsOfOne) {
  const std::string card = "card = \"sonos-40nm\"\n";
  const Cell fresh = cell_from(card), all = cell_from(card + "dose_krad = 100"),
             some = cell_from(card + "dose_krad = 40"), rest = cell_from(card + "dose_krad = 60");
  for (const float target : {0.3f, 0.8f}) {
    const auto at_once = programmed(all, target);
    expect_alike(at_once, aged(programmed(fresh, target), target, all, {}), "0 + 100 krad");
    expect_alike(at_once, aged(programmed(some, target), target, rest, {{.dose_krad = 40}}), "40 + 60 krad");
  }
}

TEST(Ageing, StuckCellsStayAndTheOthersDoNot) {
  const Cell cell = cell_from("card = \"sonos-40nm\"\ntime_s = 432000");
  std::vector<Fault> faults(kCells, Fault::none);
  for (std::size_t i = 0; i < kCells; i += 3) faults[i] = static_cast<Fault>(1 + i / 3 % 3);
  const std::vector<float> before(kCells, 0.5f);
  const auto after = aged(before, 0.5f, cell, {}, faults);
  for (std::size_t i = 0; i < kCells; ++i) {
    ASSERT_EQ(after[i] == before[i], faults[i] != Fault::none) << i;
  }
}

TEST(Ageing, FaultsAreThoseThatProgrammingMade) {
  const Cell cell = cell_from("on_off_ratio = 4\nfaults = {stuck_on = 0.02, stuck_off = 0.1}");
  const auto g = programmed(cell, 0.5f);
  std::vector<Fault> faults(kCells);
  cell.faults(faults, kMade, 0);
  for (std::size_t i = 0; i < kCells; ++i) {
    const Fault seen = g[i] == 1 ? Fault::stuck_on : g[i] == 0.25f ? Fault::stuck_off : Fault::none;
    ASSERT_EQ(faults[i], seen);
  }
}

// Without time and dose nothing moves, not even what lies outside of the range that programming keeps to.
TEST(Ageing, WithoutTimeOrDoseEveryBitStays) {
  const std::vector<float> g{0.0f, 0.123456f, 1.5f};
  EXPECT_EQ(aged(g, 0.5f, cell_from("card = \"sonos-40nm\"\nclip = \"range\""), {{.wait_s = kDay}}), g);
  EXPECT_EQ(aged(g, 0.5f, cell_from("card = \"sonos-40nm\"\ntime_s = 5\ndrift = false"), {}), g);
}

// Who ages which cells on how many threads does not matter, and two futures differ.
TEST(Ageing, DrawsDependOnTheCellAndTheFuture) {
  const Cell cell = cell_from("card = \"sonos-40nm\"\ntime_s = 432000\n");
  ASSERT_TRUE(cell.ages_randomly());
  const std::vector<float> targets(kCells, 0.5f);
  std::vector<float> one(kCells, 0.5f), few(targets.begin(), targets.begin() + 100), other = one;
  cell.age(one, targets, {}, kMade, kLater);
  cell.age(few, {targets.data(), few.size()}, {}, kMade, kLater);
  cell.age(other, targets, {}, kMade, {.seed = 7, .trial = 1, .purpose = "ageing"});
  EXPECT_TRUE(std::equal(few.begin(), few.end(), one.begin()));
  EXPECT_NE(one, other);
}

}  // namespace
}  // namespace mho::device
