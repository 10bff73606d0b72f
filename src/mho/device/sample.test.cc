#include "mho/device/sample.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "material.h"
#include "mho/core/error.h"

namespace mho::device {
namespace {

Cell cell_from(const std::string& device_section) {
  auto study = core::Config::from_text("[device]\n" + device_section, "study.toml");
  Cell cell = read_cell(study);
  study.finish();
  return cell;
}

struct Case {
  const char* name;  // in the reference
  const char* device;
  bool read = false;
};

// Cards and switches that describe the device models that the reference was sampled from.
const Case kCases[] = {
    {"SONOS_prog", "card = \"sonos-40nm-iedm22\""},
    {"SONOS_drift_0.5d", "card = \"sonos-40nm-iedm22\"\ntime_s = 43200"},
    {"SONOS_drift_1d", "card = \"sonos-40nm-iedm22\"\ntime_s = 86400"},
    {"SONOS_drift_2d", "card = \"sonos-40nm-iedm22\"\ntime_s = 172800"},
    {"SONOS_drift_2.5d", "card = \"sonos-40nm-iedm22\"\ntime_s = 216000"},
    {"SONOS_drift_3d", "card = \"sonos-40nm-iedm22\"\ntime_s = 259200"},
    {"SONOS_drift_4d", "card = \"sonos-40nm-iedm22\"\ntime_s = 345600"},
    {"SONOS_drift_5d", "card = \"sonos-40nm-iedm22\"\ntime_s = 432000"},
    {"SONOS_readnoise", "card = \"sonos-40nm-iedm22\"\nprogramming_error = false", true},
    {"PCMJoshi_prog", "card = \"pcm-joshi\"\nread_noise = false"},
    {"RRAMMilo_prog", "card = \"hfo2-milo\""},
    {"RRAMWan_prog", "card = \"reram-wan\""},
    {"RRAMWan_prog_Gmin0", "card = \"reram-wan\"\non_off_ratio = 39e6"},
    {"NormalIndependent_0.05", "card = \"state-independent\"\nprogramming.scale = 0.05"},
    {"NormalProportional_0.05", "card = \"state-proportional\"\nprogramming.scale = 0.05"},
    {"NormalInverseProportional_0.01",
     "card = \"state-inverse\"\non_off_ratio = 10\nprogramming.scale = 0.01"},
    {"UniformIndependent_0.05", "on_off_ratio = 100\nprogramming.width = { polynomial = [0.05] }"},
    {"UniformProportional_0.05", "on_off_ratio = 100\nprogramming.width = { polynomial = [0, 0.05] }"},
    {"NormalProportional_read_0.05",
     "card = \"state-proportional\"\nprogramming_error = false\nreading.scale = 0.05", true},
};

// Another program sampled 10,000 cells at each of 41 targets. Ours have the same mean, spread and 1% and
// 99% quantiles, within 5 standard errors of both samples together (3,100 checks: one false alarm in 500).
TEST(Sample, AgreesWithAnotherProgram) {
  const auto folder = tests::reference_folder();
  if (!folder) GTEST_SKIP() << "no reference answers here";
  std::ifstream file(*folder / "devices" / "programming-read-drift-statistics.json");
  const auto reference = nlohmann::json::parse(file);
  EXPECT_EQ(reference.size(), std::size(kCases));
  constexpr std::size_t kDraws = 20'000;
  const double both = 1 / 1e4 + 1.0 / kDraws;
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto& answer = reference.at(c.name);
    const auto targets = answer.at("target").get<std::vector<float>>();
    const auto cells = sample(cell_from(c.device), targets, kDraws, 1, c.read);
    for (std::size_t t = 0; t < targets.size(); ++t) {
      SCOPED_TRACE(fmt::format("target {:g}", targets[t]));
      double mean = 0, m2 = 0, m4 = 0;
      const double low = answer["p01"][t], high = answer["p99"][t];
      double below = 0, not_above = 0, below_high = 0, not_above_high = 0;
      for (std::size_t d = 0; d < kDraws; ++d) {
        const double v = cells(d, t);
        mean += v / kDraws;
        below += v < low * (1 - 1e-6);
        not_above += v <= low * (1 + 1e-6);
        below_high += v < high * (1 - 1e-6);
        not_above_high += v <= high * (1 + 1e-6);
      }
      for (std::size_t d = 0; d < kDraws; ++d) {
        const double square = (cells(d, t) - mean) * (cells(d, t) - mean);
        m2 += square / kDraws;
        m4 += square * square / kDraws;
      }
      const double sigma = std::sqrt(m2);
      const double kurtosis = m2 > 0 ? m4 / (m2 * m2) : 3;
      EXPECT_NEAR(mean, answer["mean"][t].get<double>(), 5 * sigma * std::sqrt(both));
      EXPECT_NEAR(sigma, answer["std"][t].get<double>(), 5 * sigma * std::sqrt((kurtosis - 1) / 4 * both));
      const double quantile_error = 5 * std::sqrt(0.01 * 0.99 * both);
      EXPECT_LE(below / kDraws, 0.01 + quantile_error);
      EXPECT_GE(not_above / kDraws, 0.01 - quantile_error);
      EXPECT_LE(below_high / kDraws, 0.99 + quantile_error);
      EXPECT_GE(not_above_high / kDraws, 0.99 - quantile_error);
    }
  }
}

TEST(Sample, RefusesTargetsThatCannotBeProgrammed) {
  const Cell cell = cell_from("on_off_ratio = 10");
  EXPECT_THROW(sample(cell, std::vector<float>{0.5f, 0.05f}, 1, 1, false), core::InvalidInput);
  EXPECT_THROW(sample(cell, std::vector<float>{1.2f}, 1, 1, false), core::InvalidInput);
  EXPECT_THROW(sample(cell, std::vector<float>{std::nanf("")}, 1, 1, false), core::InvalidInput);
}

}  // namespace
}  // namespace mho::device
