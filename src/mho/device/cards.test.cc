// The cards that ship: each can be read, says where its numbers come from, and does what its block says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bad_input.h"
#include "mho/core/error.h"
#include "mho/device/card.h"
#include "mho/device/cell.h"
#include "mho/device/update.h"

namespace mho::device {
namespace {

using testing::HasSubstr;

Cell cell_from(const std::string& device_section) {
  auto study = core::Config::from_text("[device]\n" + device_section, "study.toml");
  Cell cell = read_cell(study);
  study.finish();
  return cell;
}

std::string complaints_of(const std::string& device_section) {
  try {
    cell_from(device_section);
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

struct Moments {
  double mean = 0, std = 0;
};
Moments programmed(const Cell& cell, float target, std::size_t n = 100'000) {
  std::vector<float> g(n, target);
  cell.program(g, {.seed = 3, .purpose = "test"}, 0);
  Moments m;
  for (float v : g) m.mean += v / static_cast<double>(n);
  for (float v : g) m.std += (v - m.mean) * (v - m.mean) / static_cast<double>(n - 1);
  m.std = std::sqrt(m.std);
  return m;
}
constexpr double kMeanError = 4.5 / 316.2, kSpreadError = 4.5 / 447.2;  // of 100,000 draws, in sigmas

TEST(Cards, EveryCardReadsAndNamesItsSources) {
  const auto names = card_names();
  EXPECT_GE(names.size(), 12u);
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    auto card = load_card(name);
    const auto models = read_models(card);
    read_update_block(card);
    EXPECT_EQ(models.name, name);
    EXPECT_NE(models.summary, "");
    const auto origins = read_provenance(card);
    EXPECT_FALSE(origins.empty());
    for (const auto& origin : origins) {
      EXPECT_NE(origin.kind, "") << origin.block;
      EXPECT_NE(origin.source, "") << origin.block;
    }
    EXPECT_NO_THROW(card.finish());
  }
}

// 40 nm SONOS: 37.6 nA at 1600 nA when programmed, 53.4·(1 - exp(-0.00217328·I)) after five days, the
// mean on the measured map (Xiao et al., TCAS-I 2022): 52.36 nA → 58.44 nA, 1585.32 nA → 1543.26 nA.
TEST(Cards, SonosFollowsItsMeasuredDrift) {
  const auto fresh = programmed(cell_from("card = \"sonos-40nm\""), 1.0f);
  const double sigma = 39.5656 * (1 - std::exp(-0.00188704 * 1600)) / 1600;
  EXPECT_NEAR(fresh.mean, 1, kMeanError * sigma);
  EXPECT_NEAR(fresh.std, sigma, kSpreadError * sigma);
  const Cell aged = cell_from("card = \"sonos-40nm\"\ntime_s = 432000");
  for (const auto& [before, after] : {std::pair{52.36, 58.44}, {512.92, 524.99}, {1585.32, 1543.26}}) {
    const auto m = programmed(aged, static_cast<float>(before / 1600));
    const double spread = 53.4358 * (1 - std::exp(-0.00217328 * after)) / 1600;
    EXPECT_NEAR(m.mean, after / 1600, kMeanError * spread + 1e-6);
    EXPECT_NEAR(m.std, spread, kSpreadError * spread);
  }
}

// Time passed is time passed: waiting one day and then four is waiting five, without a dose between.
TEST(Cards, WaitsAddUp) {
  const Cell once = cell_from("card = \"sonos-40nm\"\ntime_s = 432000");
  const Cell twice = cell_from("card = \"sonos-40nm\"\nhistory = [{wait_s = 86400}, {wait_s = 345600}]");
  std::vector<float> a(1000, 0.4f), b = a;
  once.program(a, {}, 0);
  twice.program(b, {}, 0);
  EXPECT_EQ(a, b);
}

// Waiting after a (negligible) dose leads to the same mean and spread as waiting without it.
TEST(Cards, DriftGoesOnAfterADose) {
  for (const char* card : {"sonos-40nm", "sonos-40nm-iedm22"}) {
    SCOPED_TRACE(card);
    const std::string name = std::string("card = \"") + card + "\"\n";
    const auto once = programmed(cell_from(name + "time_s = 432000"), 0.6f);
    const auto split = programmed(
        cell_from(
            name +
            "radiation.spread_v = 0\nhistory = [{wait_s = 86400, dose_krad = 1e-9}, {wait_s = 345600}]"),
        0.6f);
    EXPECT_NEAR(split.mean, once.mean, 2 * kMeanError * once.std);
    EXPECT_NEAR(split.std, once.std, 2 * kSpreadError * once.std + 0.01 * once.std);  // the map bends
  }
}

// programming_error = false leaves what time adds: the difference of the variances.
TEST(Cards, DriftWithoutProgrammingErrorIsTheDifference) {
  const auto all = programmed(cell_from("card = \"sonos-40nm\"\ntime_s = 432000"), 0.6f);
  const auto fresh = programmed(cell_from("card = \"sonos-40nm\""), 0.6f);
  const auto drift =
      programmed(cell_from("card = \"sonos-40nm\"\ntime_s = 432000\nprogramming_error = false"), 0.6f);
  EXPECT_NEAR(std::hypot(drift.std, fresh.std), all.std, 2 * kSpreadError * all.std);
}

// The size of an error can be swept from none upwards, of drifted cells as of fresh ones.
TEST(Cards, ErrorsScale) {
  for (const char* card : {"sonos-40nm", "pcm-hermes", "reram-wan", "hfo2-milo"}) {
    SCOPED_TRACE(card);
    const std::string name = std::string("card = \"") + card + "\"\nread_noise = false\n";
    const double one = programmed(cell_from(name), 0.7f).std;
    EXPECT_NEAR(programmed(cell_from(name + "programming.scale = 0.5"), 0.7f).std, 0.5 * one, 1e-3 * one);
    EXPECT_FALSE(cell_from(name + "programming.scale = 0").is_random());
  }
  const std::string aged = "card = \"sonos-40nm\"\ntime_s = 432000\n";
  const double one = programmed(cell_from(aged), 0.7f).std;
  EXPECT_NEAR(programmed(cell_from(aged + "retention.scale = 2"), 0.7f).std, 2 * one, 1e-3 * one);
  EXPECT_LT(programmed(cell_from(aged + "retention.scale = 0\nprogramming.scale = 0"), 0.7f).std, 1e-6);
}

// Whatever stands in a card, it is read or refused, never anything else: cards with every byte changed.
TEST(Cards, SurviveEveryWrongByte) {
  const std::string text =
      "name=\"x\"\ng_on_s=1e-5\ncell_bits=3\n[programming]\nunit=\"uS\"\nsigma={saturating=[1,2]}\n["
      "retention]\nmodel="
      "\"table\"\n"
      "[[retention.at]]\ntime_s=5\nsigma={saturating=[2,3]}\nmap={points=[[0,0],[9,8]]}\n[faults]\nstuck_on="
      "0.1\n";
  const tests::Parse parse = [](std::span<const std::byte> bytes) {
    auto card = core::Config::from_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "card");
    const CellModels models = read_models(card);
    card.finish();
    std::vector<float> g{0.5f};
    Cell(std::make_shared<const CellModels>(models)).program(g, {}, 0);
  };
  const auto bytes = std::as_bytes(std::span(text));
  EXPECT_TRUE(tests::reads(parse, bytes));
  EXPECT_GT(tests::survives_every_flip(parse, bytes), bytes.size());
}

// Phase-change cells: ln G falls by nu·ln(1 + t/t0); at G_on nu is 0.049 ± 0.008, its lower limits.
TEST(Cards, PcmDecaysAsAPowerOfTime) {
  const Cell cell =
      cell_from("card = \"pcm-joshi\"\nprogramming_error = false\nread_noise = false\ntime_s = 1e6");
  const double log_ratio = std::log1p(1e6 / 27.36);
  std::vector<float> g(100'000, 1.0f);
  cell.program(g, {.seed = 3}, 0);
  double mean = 0, square = 0;
  for (float v : g) mean += -std::log(v) / log_ratio / 1e5;
  for (float v : g) square += std::pow(-std::log(v) / log_ratio - mean, 2) / 1e5;
  EXPECT_NEAR(mean, 0.049, kMeanError * 0.008);
  EXPECT_NEAR(std::sqrt(square), 0.008, kSpreadError * 0.008);
}

// Digital logic that knows what it wrote undoes the mean decay of an array, when asked.
TEST(Cards, GlobalCompensationRestoresTheSum) {
  const std::string section = "card = \"pcm-joshi\"\ntime_s = 1e6\n";
  std::vector<float> targets(100'000);
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = 0.01f + 0.99f * static_cast<float>(i) / 1e5f;
  const Cell cell = cell_from(section + "retention.compensation = \"global\"");
  ASSERT_TRUE(cell.compensates_drift());
  auto g = targets;
  cell.program(g, {.seed = 3}, 0);
  const double factor = cell.drift_compensation(targets, g);
  EXPECT_GT(factor, 1.5);
  double before = 0, after = 0;
  for (std::size_t i = 0; i < g.size(); ++i) {
    before += targets[i];
    after += factor * g[i];
  }
  EXPECT_NEAR(after / before, 1, 1e-6);
  EXPECT_EQ(cell_from(section).drift_compensation(targets, g), 1);
}

// 1/f noise: g·Q(g)·sqrt(ln((t0 + t_r)/(2 t_r))), Q = 0.0088·g^-0.65, drawn once a chip.
TEST(Cards, PcmNoiseIsHeldAndGrowsWithTime) {
  const Cell held = cell_from("card = \"pcm-joshi\"\nprogramming_error = false");
  EXPECT_FALSE(held.has_read_noise());
  EXPECT_TRUE(held.is_random());
  const double sigma = 0.5 * 0.0088 * std::pow(0.5, -0.65) * std::sqrt(std::log((27.36 + 250e-9) / 500e-9));
  EXPECT_NEAR(programmed(held, 0.5f).std, sigma, kSpreadError * sigma);
  const Cell fresh = cell_from("card = \"pcm-joshi\"\nreading.held = false");
  ASSERT_TRUE(fresh.has_read_noise());
  std::vector<float> g{0.5f}, s{0};
  fresh.read_noise(g, s);
  EXPECT_NEAR(s[0], sigma, 1e-6 * sigma);
}

// Charge lost to radiation moves every cell towards the current of a neutral gate, monotonically with dose.
TEST(Cards, DoseMovesSonosTowardsNeutral) {
  const std::string quiet = "card = \"sonos-40nm\"\nprogramming_error = false\nradiation.spread_v = 0\n";
  double on = 1, off = 1e-3;
  for (const char* dose : {"10", "100", "500"}) {
    const Cell cell = cell_from(quiet + "dose_krad = " + dose);
    const double now_on = programmed(cell, 1.0f, 1).mean, now_off = programmed(cell, 1e-3f, 1).mean;
    EXPECT_LT(now_on, on);
    EXPECT_GT(now_off, off);
    on = now_on;
    off = now_off;
  }
  // 100 krad by hand, from I = I_s·ln²(1 + e^u): 1600 nA at I_s = 500 nA and 2nkT/q = 88 mV.
  const double u = std::log(std::expm1(std::sqrt(1600.0 / 500))), neutral = -0.13 / 0.088;
  const double moved = neutral + (u - neutral) * std::exp(-100.0 / 8000);
  const double right = 500 * std::pow(std::log1p(std::exp(moved)), 2) / 1600;
  EXPECT_NEAR(programmed(cell_from(quiet + "dose_krad = 100"), 1.0f, 1).mean, right, 1e-5);
  // The threshold itself relaxes exponentially: one step of 500 krad equals two of 250.
  const Cell twice = cell_from(quiet + "history = [{dose_krad = 250}, {dose_krad = 250}]");
  EXPECT_NEAR(programmed(twice, 1.0f, 1).mean, on, 1e-5);
}

TEST(Cards, WhatIsNotKnownIsRefused) {
  EXPECT_THAT(complaints_of("card = \"taox\"\ntime_s = 1"),
              HasSubstr("study.toml:3: time_s = 1: the card \"taox\" has no retention model"));
  EXPECT_THAT(complaints_of("card = \"taox\"\ndose_krad = 3000"), HasSubstr("2500 krad(Si)"));
  EXPECT_EQ(complaints_of("card = \"taox\"\ndose_krad = 1000"), "");
  EXPECT_EQ(complaints_of("card = \"taox\"\ntime_s = 1\ndrift = false"), "");
  EXPECT_THAT(complaints_of("card = \"pcm-joshi\"\ndose_krad = 1"), HasSubstr("no radiation model"));
  EXPECT_THAT(complaints_of("card = \"sonos-40nm\"\ntime_s = 1e6"), HasSubstr("5 days"));
  EXPECT_EQ(complaints_of("card = \"sonos-40nm\"\ntime_s = 1e6\nretention.until_days = 20"), "");
  EXPECT_THAT(complaints_of("card = \"hfo2-milo\"\non_off_ratio = 10"), HasSubstr("the data start there"));
  EXPECT_THAT(complaints_of("card = \"pcm-joshi\"\ng_on_s = 50e-6"), HasSubstr("the data end there"));
  EXPECT_EQ(complaints_of("card = \"sonos-40nm-iedm22\"\ng_on_s = 32e-6"), "");
  EXPECT_THAT(complaints_of("card = \"sonos-40nm-iedm22\"\ng_on_s = 32e-6\ntime_s = 1"),
              HasSubstr("the data end there"));
}

// I = G·V + a2·V² + a3·V³ at G = 100 µS and 0.1 V, by hand from the published fit (Milo et al., 2021).
TEST(Cards, NonlinearHfO2) {
  EXPECT_FALSE(cell_from("card = \"hfo2-milo\"").is_nonlinear());
  const Cell cell = cell_from("card = \"hfo2-milo-nonlinear\"");
  ASSERT_TRUE(cell.is_nonlinear());
  const double l = -4, v = 0.1, unit = 225e-6 * v;
  const double a2 = 0.0001388 * l * l * l + 0.001541 * l * l + 0.005711 * l + 0.007063;
  const double a3 = 8.8710e-05 * l * l + 6.7919e-04 * l + 1.2968e-03;
  std::vector<float> g{static_cast<float>(100e-6 / 225e-6)}, second(1), third(1);
  cell.nonlinearity(g, second, third);
  EXPECT_NEAR(second[0], a2 * v * v / unit, 1e-6 * std::abs(second[0]));
  EXPECT_NEAR(third[0], a3 * v * v * v / unit, 1e-6 * std::abs(third[0]));
  std::vector<float> one{1.0f};
  cell_from("card = \"cubic\"").nonlinearity(one, second, third);
  EXPECT_EQ(second[0], 0);
  EXPECT_NEAR(third[0], -0.25 * 0.5 * 0.5, 1e-7);
}

}  // namespace
}  // namespace mho::device
