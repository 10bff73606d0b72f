// Fits find what made the data: ramps are drawn from models that are known, and then from real devices.

#include "mho/device/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "material.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/device/card.h"
#include "temporary_folder.h"

namespace mho::device {
namespace {

using testing::HasSubstr;

/// Ramps of a step model between -1 and 1, with read noise, moved to 20 … 100 µS.
PulseTrains ramps_of(const FittedModel& model, bool up, std::size_t ramps, std::size_t pulses, double read,
                     std::uint32_t seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  PulseTrains out{"made up", {}};
  for (std::size_t r = 0; r < ramps; ++r) {
    double w = up ? -0.9 : 0.9;
    std::vector<double> ramp;
    for (std::size_t k = 0; k < pulses; ++k) {
      w += model.mean_step(w, up) * (1 + model.step.step_c2c * normal(engine));
      ramp.push_back(60e-6 + 40e-6 * (w + read * normal(engine)));
    }
    out.ramps.push_back(ramp);
  }
  return out;
}

double value_of(const FittedModel& model, const std::string& name, double* half_width) {
  for (const auto& e : model.estimates) {
    if (e.name != name) continue;
    *half_width = 0.5 * (e.high - e.low);
    return e.value;
  }
  ADD_FAILURE() << "no estimate " << name;
  return 0;
}

const FittedModel& model_in(const Fit& fit, UpdateKind kind) {
  for (const auto& model : fit.models) {
    if (model.kind == kind) return model;
  }
  throw std::logic_error("not fitted");
}

// A line with step noise and read noise as large as three steps: both noises, the steps and the slopes come
// out within 2.3 times their 95% intervals (4.5 standard errors). Plain regression on differences would take
// the read noise for a slope of -1.
TEST(Fit, RecoversALinearModelUnderReadNoise) {
  FittedModel truth;
  truth.kind = UpdateKind::linear;
  truth.step = {.step = 0.01, .up_down = 0.3, .step_c2c = 0.8, .gamma_up = 0.6, .gamma_down = 0.3};
  const auto set = ramps_of(truth, true, 15, 150, 0.03, 1), reset = ramps_of(truth, false, 15, 150, 0.03, 2);
  const Fit fit = fit_pulse_trains(set, reset);
  const auto& linear = model_in(fit, UpdateKind::linear);
  // The fit's range is that of the data, not [-1, 1]: sizes scale with it.
  const double half_range = 0.5 * (fit.high - fit.low) / 40e-6;
  double half = 0;
  const double c2c = value_of(linear, "step_c2c", &half);
  EXPECT_NEAR(c2c, 0.8, 2.3 * half);
  EXPECT_LT(half, 0.3);
  const double read = value_of(linear, "read_noise", &half);
  EXPECT_NEAR(read, 0.03 / half_range, 2.3 * half);
  for (const double w : {-0.6, 0.0, 0.6}) {
    const double there = 2 * (60e-6 + 40e-6 * w - fit.low) / (fit.high - fit.low) - 1;
    for (const bool up : {true, false})
      EXPECT_NEAR(linear.mean_step(there, up) * half_range, truth.mean_step(w, up), 0.08 * 0.01) << w << up;
  }
  // The truth has no better rival: Akaike's criterion prefers it, or a curve that contains it.
  EXPECT_LE(linear.aic, fit.models.front().aic + 6);
  EXPECT_GT(model_in(fit, UpdateKind::constant).aic, linear.aic + 20);
}

TEST(Fit, TellsCurvesApart) {
  FittedModel truth;
  truth.kind = UpdateKind::power;
  truth.step = {.step = 0.08, .step_c2c = 0.3, .gamma_up = 2.5, .gamma_down = 1.5};
  const auto set = ramps_of(truth, true, 20, 100, 0.004, 3),
             reset = ramps_of(truth, false, 20, 100, 0.004, 4);
  const Fit fit = fit_pulse_trains(set, reset);
  const FittedModel& best = fit.models.front();
  EXPECT_TRUE(best.kind == UpdateKind::power || best.kind == UpdateKind::exponential) << word_of(best.kind);
  EXPECT_LT(best.rms_error, 0.02);
  EXPECT_GT(model_in(fit, UpdateKind::linear).aic, best.aic + 50);
}

// The measured distribution of steps: mean and spread of a known one, conductance by conductance.
TEST(Fit, TabulatesTheDistributionOfSteps) {
  FittedModel truth;
  truth.kind = UpdateKind::soft_bounds;
  truth.step = {.step = 0.05, .step_c2c = 0.5};
  const auto set = ramps_of(truth, true, 400, 60, 0, 5), reset = ramps_of(truth, false, 400, 60, 0, 6);
  const auto table = tabulate(set, reset, 20e-6, 100e-6);
  for (std::size_t c : {10u, 25u, 40u}) {
    const double w = (table.conductance[c] - 60e-6) / 40e-6;
    const double mean = 40e-6 * truth.mean_step(w, true);
    EXPECT_NEAR(table.increasing.mean[c], mean, 0.06 * mean);
    EXPECT_NEAR(table.increasing.sd[c], 0.5 * mean, 0.1 * mean);
  }
}

TEST(PulseTrains, NamesBadRows) {
  const tests::TemporaryFolder folder;
  const auto complaint = [&](const std::string& text, TrainUnit unit = TrainUnit::ampere) -> std::string {
    const std::string path = folder.file("trains.csv");
    core::write_file(path, text);
    try {
      read_pulse_trains(path, unit, 0.1);
    } catch (const core::InvalidInput& error) {
      return error.what();
    }
    return "";
  };
  std::string good = "a,b\n";
  for (int k = 1; k <= 20; ++k) good += "1e-5,2e-5\n";
  EXPECT_EQ(complaint(good), "");
  EXPECT_EQ(complaint(good + ",2e-5\n"), "");  // a ramp may end early
  EXPECT_THAT(complaint(good + "1e-5,x\n"), HasSubstr("trains.csv:22: column 2: \"x\" is no number"));
  EXPECT_THAT(complaint(good + "1e-5\n"),
              HasSubstr("trains.csv:22: column 1: 1 fields where the first line has 2"));
  EXPECT_THAT(complaint(good + "nan,2e-5\n"), HasSubstr("not finite"));
  EXPECT_THAT(complaint(good + "-1e-5,2e-5\n"), HasSubstr("above 0"));
  EXPECT_EQ(complaint(good + "-1e-5,2e-5\n", TrainUnit::normalized), "");
  EXPECT_THAT(complaint(good + ",2e-5\n1e-5,2e-5\n"), HasSubstr("gap from line 22"));
  EXPECT_THAT(complaint("1e-5,2e-5\n"), HasSubstr("needs 20"));
  EXPECT_THAT(complaint(good + "x,y\nz,w\n"), testing::AllOf(HasSubstr(":22:"), HasSubstr(":23: column 2")));
}

TEST(PulseTrains, ColumnsCanBeChosen) {
  const tests::TemporaryFolder folder;
  const std::string path = folder.file("two.csv");
  std::string text;
  for (int k = 1; k <= 20; ++k) text += "1,2,3\n";
  core::write_file(path, text);
  EXPECT_EQ(read_pulse_trains(path + ":2", TrainUnit::siemens, 1).ramps.at(0).at(0), 2);
  EXPECT_EQ(read_pulse_trains(path + ":1-2,3", TrainUnit::siemens, 1).ramps.size(), 3u);
  EXPECT_THROW(read_pulse_trains(path + ":4", TrainUnit::siemens, 1), core::InvalidInput);
  EXPECT_THROW(read_pulse_trains(path + ":0", TrainUnit::siemens, 1), core::InvalidInput);
}

UpdateModel model_of_card(const std::string& text) {
  auto card = core::Config::from_text(text, "card.toml");
  const auto model = read_update_block(card);
  card.finish();
  return model;
}

// A TaOx memory (five ramps of 190 SET and of 150 RESET pulses) and a ReRAM of Gong et al. (2018), whose
// read noise is a tenth of its range.
TEST(Fit, RealDevices) {
  const auto data = tests::data_folder();
  if (!data) GTEST_SKIP() << "no measurements here";
  const auto folder = *data / "devices" / "taox_pulse_measurements";
  const auto set = read_pulse_trains((folder / "set.csv").string() + ":1-5", TrainUnit::ampere, 0.1);
  const auto reset = read_pulse_trains((folder / "reset.csv").string() + ":1-5", TrainUnit::ampere, 0.1);
  EXPECT_EQ(set.ramps.size(), 5u);
  EXPECT_EQ(set.ramps[0].size(), 190u);
  const Fit fit = fit_pulse_trains(set, reset);
  EXPECT_NEAR(fit.low, 1600e-6, 100e-6);
  EXPECT_LT(fit.models.front().rms_error, 0.05);
  for (const char* name : {"table", "best", "linear"}) {
    const auto model = model_of_card(card_of(fit, "fitted", name, TrainUnit::ampere, "test"));
    EXPECT_NEAR(model.siemens_at_hi, fit.high, 1e-4 * fit.high);
  }
  EXPECT_THAT(core::picture_of(charts_of(fit, set, reset)).file(), HasSubstr("</svg>"));
  EXPECT_THROW(fit_pulse_trains(reset, set), core::InvalidInput);

  const std::string gong = (*data / "devices" / "aihwkit" / "gong_et_al.csv").string();
  const Fit other = fit_pulse_trains(read_pulse_trains(gong + ":1", TrainUnit::normalized, 1),
                                     read_pulse_trains(gong + ":2", TrainUnit::normalized, 1));
  double half = 0;
  const double read = value_of(other.models.front(), "read_noise", &half);
  EXPECT_GT(read, 0.05);  // of half the range
  EXPECT_LT(read, 0.25);
  EXPECT_LT(half, 0.2 * read);
}

}  // namespace
}  // namespace mho::device
