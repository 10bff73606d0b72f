// The [update] block of a card says how cells change; every mistake in it is named.

#include <gtest/gtest.h>

#include "mho/core/error.h"
#include "mho/device/card.h"
#include "mho/device/update.h"

namespace mho::device {
namespace {

UpdateModel read(const std::string& text) {
  core::Config card = core::Config::from_text("name = \"x\"\n" + text, "x.toml");
  const UpdateModel model = read_update_block(card);
  card.finish();
  return model;
}

std::string complaint(const std::string& text) {
  try {
    read(text);
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

TEST(UpdateBlock, ReadsAnInlineTableWithItsOwnMoments) {
  const auto model = read(
      "[update]\nmodel = \"table\"\n[update.table]\nconductance = [1e-5, 2e-5]\ncdf = [0, 0.5, 1]\n"
      "increasing = [[0, 0], [1e-6, 1e-6], [2e-6, 2e-6]]\ndecreasing = [[-2e-6, -2e-6], [-1e-6, -1e-6], [0, "
      "0]]\n"
      "increasing_sd = [3e-7, 4e-7]");
  ASSERT_EQ(model.tables.size(), 1u);
  EXPECT_DOUBLE_EQ(model.tables[0]->increasing.mean[0], 1e-6);
  EXPECT_DOUBLE_EQ(model.tables[0]->increasing.sd[1], 4e-7);
  EXPECT_DOUBLE_EQ(model.used_lo, 0.1);
  EXPECT_DOUBLE_EQ(model.siemens(1.0), 2e-5);
}

TEST(UpdateBlock, NamesWhatIsWrong) {
  EXPECT_NE(complaint("[update]\nmodel = \"tabel\"").find("did you mean \"table\"?"), std::string::npos);
  EXPECT_NE(complaint("[update]\nmodel = \"table\"").find("needs tables"), std::string::npos);
  EXPECT_NE(complaint("[update]\nmodel = \"linear\"\nrange = [0, 1]").find("zero inside"), std::string::npos);
  EXPECT_NE(complaint("[update]\nmodel = \"constant\"\nstep = 0").find("update.step"), std::string::npos);
  EXPECT_NE(complaint("[update]\nmodel = \"constant\"\nstpe = 1").find("did you mean \"step\"?"),
            std::string::npos);
  EXPECT_NE(complaint("[update]\nmodel = \"table\"\n[update.table]\nconductance = [2, 1]\ncdf = [0, "
                      "1]\nincreasing = []\ndecreasing = []")
                .find("conductances that ascend"),
            std::string::npos);
  EXPECT_NE(complaint("[update]\nmodel = \"table\"\n[update.table]\nconductance = [1, 2]\ncdf = [0, "
                      "1]\nincreasing = [[1, 2]]\ndecreasing = []")
                .find("must be 2 lists"),
            std::string::npos);
}

TEST(UpdateBlock, AStudyLaysItsOwnKeysOverTheCard) {
  core::Config study =
      core::Config::from_text("[device]\ncard = \"numeric\"\nupdate.range = [0.2, 0.8]", "study.toml");
  const UpdateModel model = read_update_model(study);
  study.finish();
  EXPECT_DOUBLE_EQ(model.lo, 0.2);
  core::Config untrainable = core::Config::from_text("[device]\ncard = \"sonos-40nm\"", "study.toml");
  read_update_model(untrainable);
  EXPECT_THROW(untrainable.finish(), core::InvalidInput);
}

TEST(Variants, DevicesAndSetsOfACardAnswerToTheirOwnNames) {
  const auto model_of = [](const std::string& card) {
    core::Config study = core::Config::from_text("[device]\ncard = \"" + card + "\"", "study.toml");
    const UpdateModel model = read_update_model(study);
    study.finish();
    return model;
  };
  EXPECT_EQ(model_of("taox-3").tables.size(), 1u);
  EXPECT_NEAR(model_of("taox-3").tables[0]->g_max(), 1.50280e-4, 1e-8);
  EXPECT_EQ(model_of("taox-41").tables.size(), 1u);
  EXPECT_EQ(model_of("taox-small").tables.size(), 11u);
  EXPECT_EQ(model_of("taox-medium").tables.size(), 24u);
  EXPECT_EQ(model_of("taox-large").tables.size(), 41u);
  EXPECT_EQ(model_of("enode-array").tables.size(), 9u);
  EXPECT_GE(model_of("domain-wall-stt-300k").tables.size(), 1u);
  EXPECT_GE(model_of("domain-wall-sot-0k").tables.size(), 1u);
  EXPECT_THROW(load_card("taox-42"), core::InvalidInput);
}

}  // namespace
}  // namespace mho::device
