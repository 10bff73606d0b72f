// A sweep visits every combination of its values once, and each point is the study with those values.

#include "mho/study/sweep.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "mho/core/error.h"

namespace mho::study {
namespace {

TEST(Sweep, EveryCombinationOnce) {
  const auto study = core::Config::from_text(
      "[adc]\nbits = 8\n[sweep]\n\"adc.bits\" = [4, 6, 8]\ndevice.card = [\"taox\", \"ideal\"]", "s.toml");
  const auto points = sweep_points(study);
  ASSERT_EQ(points.size(), 6);
  std::set<std::pair<long, std::string>> seen;
  for (const auto& point : points) {
    const auto root = point.study.root();
    seen.emplace(root.table("adc").integer("bits", 0), root.table("device").text("card", ""));
  }
  EXPECT_EQ(seen.size(), 6);
  EXPECT_TRUE(seen.contains({4, "taox"}) && seen.contains({8, "ideal"}));
}

TEST(Sweep, KeysOfAPointChangeTogether) {
  const auto study = core::Config::from_text(
      "[sweep]\npoints = [{\"device.card\" = \"enode\", \"adc.bits\" = 6}, {\"device.card\" = \"ideal\"}]\n"
      "\"study.seed\" = [1, 2]",
      "s.toml");
  const auto points = sweep_points(study);
  ASSERT_EQ(points.size(), 4);
  EXPECT_EQ(label_of(points[0].values), "adc.bits = 6, enode, study.seed = 1");
  EXPECT_EQ(points[0].study.root().table("adc").integer("bits", 8), 6);
  EXPECT_EQ(label_of(points[3].values), "ideal, study.seed = 2");
  EXPECT_EQ(points[3].study.root().table("adc").integer("bits", 8), 8);
}

TEST(Sweep, BareKeysOfAPointLeaveTheirNeighbours) {
  const auto study = core::Config::from_text(
      "[training]\nepochs = 1\n[device]\ncard = \"taox-3\"\n[sweep]\npoints = [{training.learning_rate = "
      "0.01, "
      "device.update.noise = true}]",
      "s.toml");
  const auto points = sweep_points(study);
  ASSERT_EQ(points.size(), 1);
  EXPECT_EQ(points[0].study.root().table("training").integer("epochs", 0), 1);
  EXPECT_EQ(points[0].study.root().table("device").text("card", ""), "taox-3");
  EXPECT_TRUE(points[0].study.root().table("device").table("update").flag("noise", false));
  EXPECT_TRUE(points[0].values.contains("training.learning_rate"));
}

TEST(Sweep, MistakesBesideAGoodListAreSaid) {
  const std::string good = "[sweep]\n\"study.seed\" = [1, 2]\n";
  for (const char* wrong :
       {"points = [3]", "points = [{}]", "\"adc.bits\" = 3", "points = [{\"study.seed\" = 4}]",
        "points = [{\"adc.bits\" = 4}]\nadc = [{bits = 4}]", "points = [{adc.bits = 4}]\nadc.bits = [4]"}) {
    const auto study = core::Config::from_text(good + wrong, "s.toml");
    EXPECT_THROW(sweep_points(study), core::InvalidInput) << wrong;
  }
}

TEST(Sweep, AStudyWithoutSweepIsOnePoint) {
  const auto points = sweep_points(core::Config::from_text("[adc]\nbits = 7", "s.toml"));
  ASSERT_EQ(points.size(), 1);
  EXPECT_EQ(label_of(points[0].values), "");
  EXPECT_EQ(points[0].study.root().table("adc").integer("bits", 0), 7);
}

TEST(Sweep, AValueThatIsNoListIsAComplaint) {
  const auto study = core::Config::from_text("[sweep]\n\"adc.bits\" = 4\n\"adc.kind\" = []", "s.toml");
  sweep_points(study);
  try {
    study.finish();
    FAIL() << "both values are wrong";
  } catch (const core::InvalidInput& error) {
    const std::string said = error.what();
    EXPECT_NE(said.find("s.toml:2"), std::string::npos) << said;
    EXPECT_NE(said.find("s.toml:3"), std::string::npos) << said;
  }
}

TEST(Sweep, ValuesKeepTheirKind) {
  const auto study = core::Config::from_text(
      "[sweep]\n\"device.on_off_ratio\" = [10, inf]\n\"device.faults\" = [{stuck_on = 0.01, stuck_off = 0}]",
      "s.toml");
  const auto points = sweep_points(study);
  ASSERT_EQ(points.size(), 2);
  const auto device = points[1].study.root().table("device");
  EXPECT_TRUE(std::isinf(device.number("on_off_ratio", 1)));
  EXPECT_EQ(device.table("faults").number("stuck_on", 0), 0.01);
}

TEST(Sweep, WholeTablesMayBeSwept) {
  const auto study = core::Config::from_text(
      "[device]\ncard = \"taox\"\n[sweep]\ndevice = [{card = \"ideal\"}, {card = \"sonos-40nm\", time_s = "
      "432000}]",
      "s.toml");
  const auto points = sweep_points(study);
  ASSERT_EQ(points.size(), 2);
  EXPECT_EQ(points[1].study.root().table("device").text("card", ""), "sonos-40nm");
  EXPECT_EQ(points[1].study.root().table("device").number("time_s", 0), 432000);
  EXPECT_EQ(label_of(points[0].values), "ideal");
  EXPECT_EQ(label_of(points[1].values), "sonos-40nm, 5 days");
}

TEST(Sweep, DurationsAreSaidInTheUnitThatSuitsThem) {
  EXPECT_EQ(duration_text(25), "25 s");
  EXPECT_EQ(duration_text(86400), "1 day");
  EXPECT_EQ(duration_text(0), "0 s");
}

}  // namespace
}  // namespace mho::study
