// One update has the mean and the spread that the measured table says, at every conductance and request.

#include "mho/device/update.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "mho/core/error.h"

namespace mho::device {
namespace {

const std::string kReference = std::string(MHO_SOURCE_DIR) + "/../shared/reference/training";

struct Moments {
  double mean = 0, sd = 0;
};
Moments moments(std::span<const float> values, double before) {
  Moments m;
  for (const float v : values) m.mean += (v - before) / static_cast<double>(values.size());
  for (const float v : values)
    m.sd += std::pow(v - before - m.mean, 2) / static_cast<double>(values.size() - 1);
  m.sd = std::sqrt(m.sd);
  return m;
}

UpdateModel table_model(std::shared_ptr<const UpdateTable> table) {
  UpdateModel model;
  model.kind = UpdateKind::table;
  model.used_lo = 0.1;
  model.used_hi = 0.9;
  model.siemens_at_lo = table->g_min();
  model.siemens_at_hi = table->g_max();
  model.tables = {std::move(table)};
  return model;
}

/// A made-up device: asymmetric, saturating, noisy; every number of it is known.
std::shared_ptr<const UpdateTable> made_up_table() {
  auto table = std::make_shared<UpdateTable>();
  for (int c = 0; c <= 20; ++c) table->conductance.push_back(1e-5 + 5e-6 * c);
  for (int k = 0; k <= 40; ++k) table->cdf.push_back(k / 40.0);
  table->increasing.step = table->decreasing.step = core::Matrix<double>(41, 21);
  for (int c = 0; c <= 20; ++c) {
    for (int k = 0; k <= 40; ++k) {
      const double u = k / 40.0;
      table->increasing.step(k, c) = 1e-6 * (1.2 - c / 20.0) + 6e-7 * (u * u - 0.3);
      table->decreasing.step(k, c) = -1e-6 * (0.1 + c / 20.0) + 4e-7 * (u - 0.5);
    }
  }
  compute_moments(table->cdf, table->increasing);
  compute_moments(table->cdf, table->decreasing);
  return table;
}

std::vector<float> updated(const Updater& updater, double state, double request, std::size_t draws,
                           std::uint64_t draw = 0) {
  std::vector<float> g(draws, static_cast<float>(state));
  const std::vector<float> column(draws, static_cast<float>(request));
  CellPopulation cells = populate(updater.model(), draws, {.seed = 3, .purpose = "cells"});
  updater.update(g, cells, 0, 1.0f, column, core::random_key({.seed = 5, .purpose = "update"}), draw);
  return g;
}

TEST(UpdateTable, MomentsAreThoseOfThePiecewiseLinearDistribution) {
  const auto table = made_up_table();
  // Mean of u² over [0,1] by trapezoids on 40 intervals is 1/3 + 1/(6·40²).
  const double mean = 1e-6 * (1.2 - 0.5) + 6e-7 * (1.0 / 3 + 1.0 / 9600 - 0.3);
  EXPECT_NEAR(table->increasing.mean[10], mean, 1e-15);
  EXPECT_NEAR(table->decreasing.sd[10], 4e-7 / std::sqrt(12.0), 1e-12);
}

TEST(Update, MeanFollowsTheTableAndSpreadGrowsLikeARandomWalk) {
  const auto table = made_up_table();
  const Updater updater(table_model(table));
  const double range = table->g_max() - table->g_min();
  const MeanSteps a = mean_steps(*table, 0.1, 0.9);
  constexpr std::size_t kDraws = 200'000;
  for (const double state : {0.2, 0.37, 0.5, 0.81}) {
    for (const double steps : {-4.0, -0.3, 0.25, 1.0, 9.0}) {
      const double average = steps > 0 ? a.up : -a.down;
      const auto& response = steps > 0 ? table->increasing : table->decreasing;
      const double g = table->g_min() + state * range;
      const double mean = std::fabs(steps) * interpolated(*table, response.mean, g) / range;
      const double sd = std::sqrt(std::fabs(steps)) * interpolated(*table, response.sd, g) / range;
      const Moments got = moments(updated(updater, state, steps * average / range, kDraws), state);
      EXPECT_NEAR(got.mean, mean, 4.5 * sd / std::sqrt(kDraws) + 1e-7) << state << " " << steps;
      EXPECT_NEAR(got.sd, sd, 0.015 * sd) << state << " " << steps;
    }
  }
}

TEST(Update, WithoutNoiseEveryCellTakesTheMeanAndWithoutNonlinearityTheMeanIsTheRequest) {
  const auto table = made_up_table();
  UpdateModel model = table_model(table);
  model.noise = false;
  const auto quiet = updated(Updater(model), 0.3, 0.004, 100);
  for (const float g : quiet) EXPECT_EQ(g, quiet.front());
  model.nonlinearity = false;
  EXPECT_NEAR(updated(Updater(model), 0.7, 0.004, 10)[3], 0.704, 1e-6);
  model.noise = true;
  const Moments got = moments(updated(Updater(model), 0.7, -0.004, 200'000), 0.7);
  EXPECT_NEAR(got.mean, -0.004, 4.5 * got.sd / std::sqrt(200'000));
}

TEST(Update, NoRequestMeansNoChangeAndStatesStayInTheirRange) {
  const Updater updater(table_model(made_up_table()));
  EXPECT_EQ(updated(updater, 0.4, 0, 33)[32], 0.4f);
  for (const float g : updated(updater, 0.95, 5.0, 1000)) EXPECT_LE(g, 1.0f);
  for (const float g : updated(updater, 0.05, -5.0, 1000)) EXPECT_GE(g, 0.0f);
}

TEST(Update, TheSameHoweverTheArrayIsCut) {
  const Updater updater(table_model(made_up_table()));
  CellPopulation cells;
  const auto key = core::random_key({.seed = 5, .purpose = "update"});
  std::vector<float> column(1000);
  for (std::size_t i = 0; i < column.size(); ++i) column[i] = std::sin(static_cast<float>(i)) * 0.01f;
  std::vector<float> whole(1000, 0.5f), parts(1000, 0.5f);
  updater.update(whole, cells, 0, 0.7f, column, key, 9);
  for (std::size_t at = 0; at < 1000; at += 123) {
    const std::size_t n = std::min<std::size_t>(123, 1000 - at);
    updater.update(std::span(parts).subspan(at, n), cells, at, 0.7f, std::span(column).subspan(at, n), key,
                   9);
  }
  EXPECT_EQ(whole, parts);
}

TEST(Update, BothCellsOfAPairMoveOppositelyWithIndependentDraws) {
  const Updater updater(table_model(made_up_table()));
  constexpr std::size_t n = 100'000;
  std::vector<float> plus(n, 0.5f), minus(n, 0.5f);
  const std::vector<float> column(n, 0.01f);
  CellPopulation a, b;
  updater.update_pairs(plus, minus, a, b, 0, 1.0f, column, core::random_key({.seed = 5}), 1);
  const Moments up = moments(plus, 0.5), down = moments(minus, 0.5);
  EXPECT_GT(up.mean, 0);
  EXPECT_LT(down.mean, 0);
  double correlation = 0;
  for (std::size_t i = 0; i < n; ++i)
    correlation += (plus[i] - 0.5 - up.mean) * (minus[i] - 0.5 - down.mean) / (n * up.sd * down.sd);
  EXPECT_NEAR(correlation, 0, 4.5 / std::sqrt(n));
}

class Reference : public testing::TestWithParam<const char*> {};

TEST_P(Reference, OneUpdateUnderTheRuleOfCrossSim) {
  const std::string device = GetParam();
  if (!std::filesystem::exists(kReference)) GTEST_SKIP() << "no reference answers beside the checkout";
  const auto answers =
      nlohmann::json::parse(std::ifstream(kReference + "/update_reference.json"))["devices"][device];
  core::Library library;
  const auto table = std::make_shared<UpdateTable>(
      read_update_table(kReference + "/tables/" + device + "_increasing.txt.gz",
                        kReference + "/tables/" + device + "_decreasing.txt.gz", library));
  UpdateModel model = table_model(table);
  model.rule = TableRule::crosssim_2_0;
  const Updater updater(model);
  const double range = table->g_max() - table->g_min();
  EXPECT_NEAR(updater.mean_step().up * range / answers["mean_step_up_S"].get<double>(), 1, 1e-5);
  EXPECT_NEAR(updater.mean_step().down * range / answers["mean_step_down_S"].get<double>(), 1, 1e-5);
  std::uint64_t draw = 0;
  for (const auto& point : answers["points"]) {
    const double state = model.state(point["G_S"].get<double>());
    const Moments got = moments(
        updated(updater, state, point["dG_requested_S"].get<double>() / range, 100'000, ++draw), state);
    const double mean = point["numpy"]["mean_clipped_S"].get<double>() / range,
                 sd = point["numpy"]["std_clipped_S"].get<double>() / range;
    EXPECT_NEAR(got.mean, mean, 4.5 * sd * std::sqrt(2.0 / 100'000) + 2e-7)
        << point.dump();  // both sides are draws
    // Where the range cuts most draws off, the spread is that of a few in the tail.
    const bool cut = sd * range < 0.8 * point["numpy"]["std_S"].get<double>();
    EXPECT_NEAR(got.sd, sd, (cut ? 0.06 : 0.015) * sd + 1e-7) << point.dump();
  }
}

TEST_P(Reference, OneUpdateUnderOurRuleHasTheTablesOwnMoments) {
  const std::string device = GetParam();
  if (!std::filesystem::exists(kReference)) GTEST_SKIP() << "no reference answers beside the checkout";
  const auto answers =
      nlohmann::json::parse(std::ifstream(kReference + "/update_reference.json"))["devices"][device];
  core::Library library;
  const auto table = std::make_shared<UpdateTable>(
      read_update_table(kReference + "/tables/" + device + "_increasing.txt.gz",
                        kReference + "/tables/" + device + "_decreasing.txt.gz", library));
  const UpdateModel model = table_model(table);
  const Updater updater(model);
  const double range = table->g_max() - table->g_min();
  const MeanSteps a = mean_steps(*table, 0.1, 0.9);
  std::uint64_t draw = 0;
  for (const auto& point : answers["points"]) {
    const double state = model.state(point["G_S"].get<double>());
    const double steps = point["steps"].get<double>();
    if (std::fabs(steps) > 1) continue;  // larger ones are clipped by the range
    const auto& response = steps > 0 ? table->increasing : table->decreasing;
    const double mean =
        std::fabs(steps) * interpolated(*table, response.mean, point["G_S"].get<double>()) / range;
    const double sd =
        std::sqrt(std::fabs(steps)) * interpolated(*table, response.sd, point["G_S"].get<double>()) / range;
    if (state + mean + 5 * sd > 1 || state + mean - 5 * sd < 0) continue;
    const double average = steps > 0 ? a.up : -a.down;
    const Moments got = moments(updated(updater, state, steps * average / range, 100'000, ++draw), state);
    // 128 nodes for the table's 501, whose spread is itself ragged from column to column.
    EXPECT_NEAR(got.mean, mean, 4.5 * sd / std::sqrt(100'000) + 0.002 * std::fabs(steps) * average / range)
        << point.dump();
    EXPECT_NEAR(got.sd, sd, 0.05 * sd) << point.dump();
  }
  EXPECT_GT(draw, 5u);
}

INSTANTIATE_TEST_SUITE_P(MeasuredDevices, Reference,
                         testing::Values("ENODe", "TaOx_3", "TaOx_11", "DWMTJ_STT_300K_0"));

}  // namespace
}  // namespace mho::device
