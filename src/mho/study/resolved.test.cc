// The study in a result is one that can be run: what it says of a sweep binds no point to another's values.

#include "mho/study/resolved.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/core/library.h"
#include "mho/study/sweep.h"

namespace mho::study {
namespace {

using json = nlohmann::ordered_json;

core::Config again(const json& study) {
  return study_from_json(study, "again.toml", std::make_shared<core::Library>());
}

TEST(StudyOfSweep, SharedDefaultsAndWhatWasGiven) {
  const auto given =
      core::Config::from_text("[adc]\nbits = 8\n[sweep]\n'device.card' = [\"a\", \"b\"]\n", "s.toml");
  // As resolved: a default of all, and what only the card decides.
  const json a = {{"adc", {{"bits", 8}, {"kind", "uniform"}}}, {"device", {{"card", "a"}, {"g_on_s", 1e-5}}}};
  const json b = {{"adc", {{"bits", 8}, {"kind", "uniform"}}}, {"device", {{"card", "b"}, {"g_on_s", 1e-4}}}};
  EXPECT_EQ(study_of_sweep(given, {a, b}), (json{{"adc", {{"bits", 8}, {"kind", "uniform"}}},
                                                 {"device", json::object()},
                                                 {"sweep", {{"device.card", {"a", "b"}}}}}));
}

TEST(StudyOfSweep, AKeyOfOnePointAloneDoesNotBindTheOthers) {
  const auto given = core::Config::from_text(
      "[adc]\nbits = 8\n[sweep]\npoints = [{\"adc.bits\" = 4}, {\"study.seed\" = 2}]\n", "s.toml");
  const json first = {{"adc", {{"bits", 4}}}, {"study", {{"seed", 1}}}};
  const json second = {{"adc", {{"bits", 8}}}, {"study", {{"seed", 2}}}};
  const auto points = sweep_points(again(study_of_sweep(given, {first, second})));
  ASSERT_EQ(points.size(), 2);
  EXPECT_EQ(points[0].study.root().table("adc").integer("bits", 0), 4);
  EXPECT_EQ(points[1].study.root().table("adc").integer("bits", 0), 8);
  EXPECT_EQ(points[0].study.root().table("study").integer("seed", 1), 1);
}

TEST(StudyFromJson, SaysWhatTheJsonSays) {
  const json study = {{"task", "infer"},
                      {"device", {{"on_off_ratio", "inf"}, {"faults", {{"stuck_on", 0.5}}}}},
                      {"layer", {{{"match", "fc \"1\""}, {"adc", {{"bits", 4}}}}}},
                      {"sweep", {{"adc.bits", {4, 6}}, {"points", {{{"study.seed", 1}}}}}}};
  const auto root = again(study).root();
  EXPECT_EQ(root.text("task", ""), "infer");
  EXPECT_TRUE(std::isinf(root.table("device").number("on_off_ratio", 0)));
  EXPECT_EQ(root.table("device").table("faults").number("stuck_on", 0), 0.5);
  EXPECT_EQ(root.tables("layer").at(0).text("match", ""), "fc \"1\"");
  EXPECT_EQ(root.tables("layer").at(0).table("adc").integer("bits", 0), 4);
  EXPECT_EQ(sweep_points(again(study)).size(), 2);
  EXPECT_THROW(again(json::array()), core::InvalidInput);
}

}  // namespace
}  // namespace mho::study
