#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

#include "material.h"
#include "mho/core/error.h"
#include "mho/device/card.h"
#include "mho/device/cell.h"
#include "mho/device/compact_table.h"
#include "mho/device/step.h"
#include "mho/device/update.h"

namespace mho::device {
namespace {

using testing::HasSubstr;

UpdateModel model_from(const std::string& device_section) {
  auto study = core::Config::from_text("[device]\n" + device_section, "study.toml");
  const auto model = read_update_model(study);
  study.finish();
  return model;
}

std::string complaints_of(const std::string& device_section) {
  try {
    model_from(device_section);
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

TEST(UpdateCards, EveryCardThatTrainsCanBeRead) {
  std::size_t found = 0;
  for (const auto& name : card_names()) {
    if (!load_card(name).root().has("update")) continue;
    SCOPED_TRACE(name);
    const UpdateModel model = model_from("card = \"" + name + "\"");
    ++found;
    // From the middle of the range, steps up go up and steps down go down on average.
    if (model.kind == UpdateKind::ideal) continue;
    const MeanSteps a = Updater(model).mean_step();
    if (model.kind == UpdateKind::table || model.kind >= UpdateKind::constant) {
      EXPECT_GT(a.up, 0);
      EXPECT_LT(a.down, 0);
    }
  }
  EXPECT_GE(found, 18u);
}

TEST(UpdateCards, MembersChooseDevices) {
  EXPECT_EQ(model_from("card = \"taox\"").tables.size(), 41u);
  EXPECT_EQ(model_from("card = \"taox\"\nupdate.members = \"medium\"").tables.size(), 24u);
  const auto one = model_from("card = \"taox\"\nupdate.members = [3]");
  ASSERT_EQ(one.tables.size(), 1u);
  EXPECT_NEAR(one.siemens(1), 150.28e-6, 1e-8);  // the third device reaches 150 µS
  EXPECT_NEAR(one.siemens(0), 11.241e-6, 1e-9);
}

TEST(UpdateCards, MistakesAreNamed) {
  EXPECT_THAT(complaints_of("card = \"taox\"\nupdate.members = [42]"), HasSubstr("there is no device 42"));
  EXPECT_THAT(complaints_of("card = \"taox\"\nupdate.members = \"smal\""),
              HasSubstr("\"all\", \"large\", \"medium\", \"small\""));
  EXPECT_THAT(complaints_of("card = \"taox\"\nupdate.mebers = [1]"), HasSubstr("did you mean \"members\""));
  EXPECT_THAT(complaints_of("card = \"taox\"\nupdate.used_range = [0.9, 0.1]"),
              HasSubstr("study.toml:3: update.used_range"));
  EXPECT_THAT(complaints_of("card = \"reram-wan\""), HasSubstr("no [update] block"));
  EXPECT_THAT(complaints_of("card = \"taox\"\nupdate.tables = \"nowhere.toml\""), HasSubstr("nowhere.toml"));
  EXPECT_THAT(complaints_of("card = \"reram-sb\"\nupdate.range = [0, 1]"), HasSubstr("zero inside"));
}

// A compact table keeps the mean and the spread of each of its conductances.
TEST(CompactTable, KeepsMeansAndSpreads) {
  UpdateTable table;
  for (int c = 0; c <= 50; ++c) table.conductance.push_back(1e-5 + 2e-6 * c);
  for (int k = 0; k <= 100; ++k) table.cdf.push_back(k / 100.0);
  for (auto* response : {&table.increasing, &table.decreasing}) {
    const double sign = response == &table.increasing ? 1 : -1;
    response->step = core::Matrix<double>(101, 51);
    for (int c = 0; c <= 50; ++c) {
      for (int k = 0; k <= 100; ++k)
        response->step(k, c) =
            sign * 1e-6 * std::exp(-c / 25.0) + 3e-7 * (1 + c / 50.0) * std::pow(k / 100.0 - 0.4, 3);
    }
    compute_moments(table.cdf, *response);
  }
  const UpdateTable back = expanded(compact(table, "x"));
  ASSERT_EQ(back.conductance.size(), 51u);
  for (std::size_t c = 0; c < 51; ++c) {
    EXPECT_NEAR(back.increasing.mean[c], table.increasing.mean[c], 1e-12);
    EXPECT_NEAR(back.decreasing.sd[c], table.decreasing.sd[c], 1e-12);
  }
  EXPECT_NEAR(interpolated_step(back, back.increasing, 3e-5, 0.5),
              interpolated_step(table, table.increasing, 3e-5, 0.5), 2e-9);
}

struct Spread {
  double mean = 0, sd = 0;
};
Spread column(const core::Matrix<double>& m, std::size_t c) {
  Spread s;
  for (std::size_t r = 0; r < m.rows; ++r) s.mean += m(r, c) / static_cast<double>(m.rows);
  for (std::size_t r = 0; r < m.rows; ++r)
    s.sd += std::pow(m(r, c) - s.mean, 2) / static_cast<double>(m.rows - 1);
  s.sd = std::sqrt(s.sd);
  return s;
}

struct Device {
  const char* name;     // in the reference
  const char* section;  // of [device], for the compact table that ships
  double sd_tolerance;  // how far 51 conductances lie from the spread of 501 ragged ones
};

class Shipped : public testing::TestWithParam<Device> {};

// The tables that ship answer as the complete ones do: the mean of an update within 2% of an average step
// and the spread within a few percent, at nine conductances across the range (changes that reach the end of
// the range, where it cuts, left out).
TEST_P(Shipped, StepsAsTheCompleteTable) {
  const auto folder = tests::reference_folder();
  if (!folder) GTEST_SKIP() << "no reference answers here";
  std::ifstream file(*folder / "training" / "update_reference.json");
  const auto answers = nlohmann::json::parse(file).at("devices").at(GetParam().name);
  const UpdateModel model = model_from(GetParam().section);
  std::vector<double> state, request;
  for (const auto& point : answers["points"]) {
    state.push_back(point["G_S"]);
    request.push_back(point["dG_requested_S"]);
  }
  constexpr std::size_t kDraws = 20'000;
  const auto change = step(model, state, request, kDraws, 2);
  std::size_t checked = 0;
  for (std::size_t i = 0; i < state.size(); ++i) {
    const auto& point = answers["points"][i];
    const double mean = point["exact"]["mean_S"], sd = point["exact"]["std_S"];
    if (state[i] + mean + 4 * sd > model.siemens(1) || state[i] + mean - 4 * sd < model.siemens(0)) continue;
    const auto got = column(change, i);
    const double steps = std::fabs(point["steps"].get<double>());
    EXPECT_NEAR(got.mean, mean, 4.5 * sd / std::sqrt(kDraws) + 0.02 * std::fabs(request[i]))
        << steps << point.dump();
    EXPECT_NEAR(got.sd, sd, (GetParam().sd_tolerance + 4.5 / std::sqrt(2.0 * kDraws)) * sd) << point.dump();
    ++checked;
  }
  EXPECT_GE(checked, 20u);
}

INSTANTIATE_TEST_SUITE_P(MeasuredDevices, Shipped,
                         testing::Values(Device{"ENODe", "card = \"enode\"", 0.05},
                                         Device{"TaOx_3", "card = \"taox\"\nupdate.members = [3]", 0.05},
                                         Device{"TaOx_11", "card = \"taox\"\nupdate.members = [11]", 0.05},
                                         Device{"DWMTJ_STT_300K_0",
                                                "card = \"domain-wall-stt\"\nupdate.members = [\"300K-0\"]",
                                                0.05}),
                         [](const auto& device) { return std::string(device.param.name); });

TEST(Step, RefusesWhatCannotBe) {
  const auto model = model_from("card = \"enode\"");
  EXPECT_THROW(step(model, std::vector<double>{1e-6}, std::vector<double>{0}, 1, 1), core::InvalidInput);
  EXPECT_THROW(step(model, std::vector<double>{5e-4, 5e-4}, std::vector<double>{0}, 1, 1),
               core::InvalidInput);
}

}  // namespace
}  // namespace mho::device
