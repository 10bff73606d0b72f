// A value that a user lays over a study wins over what the study sweeps, and every change beyond the key
// itself is said.

#include "mho/study/overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/study/sweep.h"

namespace mho::study {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Answer {
  std::vector<std::string> labels;  ///< of the points
  std::vector<std::string> lines;
  std::vector<SweepPoint> points;
};

Answer under(const std::string& study, const std::string& key, const std::string& value) {
  Answer answer;
  const auto with = with_setting(core::Config::from_text(study, "s.toml"), key, value,
                                 [&](const std::string& line) { answer.lines.push_back(line); });
  answer.points = sweep_points(with);
  for (const auto& point : answer.points) answer.labels.push_back(label_of(point.values));
  return answer;
}

std::int64_t bits(const SweepPoint& point) { return point.study.root().table("adc").integer("bits", 8); }
double time_s(const SweepPoint& point) { return point.study.root().table("device").number("time_s", 0); }

TEST(Overrides, AKeyThatIsNotSweptIsSetWithoutAWord) {
  const auto answer = under("[adc]\nbits = 8\n[sweep]\n'study.seed' = [1, 2]\n", "adc.bits", "4");
  EXPECT_THAT(answer.lines, IsEmpty());
  EXPECT_THAT(answer.labels, ElementsAre("study.seed = 1", "study.seed = 2"));
  EXPECT_EQ(bits(answer.points[1]), 4);
}

TEST(Overrides, AValueReplacesTheListOfItsKey) {
  for (const char* list : {"'adc.bits' = [4, 6]", "adc.bits = [4, 6]", "adc = {bits = [4, 6]}"}) {
    const auto answer = under(std::string("[sweep]\n") + list + "\n'study.seed' = [1, 2]\n", "adc.bits", "5");
    EXPECT_THAT(answer.lines, ElementsAre("--set adc.bits=5: stands instead of sweep.adc.bits = [4, 6]"));
    EXPECT_THAT(answer.labels, ElementsAre("study.seed = 1", "study.seed = 2"));
    for (const auto& point : answer.points) EXPECT_EQ(bits(point), 5);
  }
}

TEST(Overrides, AListReplacesTheListOfItsKey) {
  for (const char* list : {"'adc.bits' = [4, 6]", "adc.bits = [4, 6]", "adc = {bits = [4, 6]}"}) {
    for (const auto& [key, value] :
         {std::pair("sweep.adc.bits", "[8]"), std::pair("sweep.adc", "{bits = [8]}")}) {
      const auto answer = under(std::string("[sweep]\n") + list + "\n", key, value);
      EXPECT_THAT(answer.lines, ElementsAre(HasSubstr("stands instead of sweep.adc.bits = [4, 6]")));
      EXPECT_THAT(answer.labels, ElementsAre("adc.bits = 8"));
    }
  }
}

TEST(Overrides, LayersReplaceTheListOfThem) {
  const std::string study =
      "[sweep]\nlayer = [[{match = 'a', adc = {bits = 3}}], [{match = 'a', adc = {bits = 4}}]]\n";
  const auto answer = under(study, "layer", "[{match = \"fc\", adc = {bits = 2}}]");
  EXPECT_THAT(answer.lines, ElementsAre(HasSubstr("stands instead of sweep.layer")));
  EXPECT_EQ(answer.points.size(), 1u);
  EXPECT_THROW(under(study, "layer[0].adc.bits", "2"), core::InvalidInput);
  EXPECT_THAT(under(study, "adc.bits", "7").lines, ElementsAre(HasSubstr("match \"a\" keep adc.bits = 3"),
                                                               HasSubstr("match \"a\" keep adc.bits = 4")));
}

TEST(Overrides, AKeyInsideASweptNumberIsRefused) {
  EXPECT_THROW(under("[sweep]\n'adc.bits' = [4, 6]\n", "adc.bits.x", "3"), core::InvalidInput);
}

TEST(Overrides, WithoutItsOnlyListAStudyIsOnePoint) {
  const auto answer = under("[sweep]\n'adc.bits' = [4, 6]\n", "adc.bits", "5");
  EXPECT_THAT(answer.labels, ElementsAre(""));
  EXPECT_EQ(bits(answer.points[0]), 5);
}

TEST(Overrides, ATableReplacesTheListsOfItsKeys) {
  const auto answer = under("[sweep]\n'device.time_s' = [1, 2]\n'adc.bits' = [4, 6]\n", "device",
                            "{card = \"taox\", time_s = 9}");
  EXPECT_THAT(answer.lines, ElementsAre(HasSubstr("instead of sweep.device.time_s = [1, 2]")));
  EXPECT_THAT(answer.labels, ElementsAre("adc.bits = 4", "adc.bits = 6"));
  EXPECT_EQ(time_s(answer.points[0]), 9);
}

TEST(Overrides, InPointsAValueIsSetInEveryPoint) {
  const std::string study =
      "[sweep]\npoints = [{\"adc.bits\" = 4, \"device.card\" = \"taox\"}, {device = {card = \"ideal\"}}]\n";
  const auto answer = under(study, "adc.bits", "5");
  EXPECT_THAT(answer.lines, ElementsAre("--set adc.bits=5: is set in every point of sweep.points"));
  EXPECT_THAT(answer.labels, ElementsAre("adc.bits = 5, taox", "adc.bits = 5, ideal"));
  for (const auto& point : answer.points) EXPECT_EQ(bits(point), 5);
  EXPECT_THAT(under(study, "study.seed", "5").lines, IsEmpty()) << "no point names it";
}

TEST(Overrides, AKeyOfASweptTableIsSetInEveryTable) {
  const auto answer = under("[sweep]\ndevice = [{card = \"taox\"}, {card = \"pcm\", time_s = 5}]\n",
                            "device.time_s", "86400");
  EXPECT_THAT(answer.lines, ElementsAre("--set device.time_s=86400: is set in every table of sweep.device"));
  EXPECT_THAT(answer.labels, ElementsAre("taox, 1 day", "pcm, 1 day"));
  for (const auto& point : answer.points) EXPECT_EQ(time_s(point), 86400);
}

TEST(Overrides, KeysDeepInASweptTableLeaveTheirNeighbours) {
  const auto answer = under("[sweep]\ndevice = [{faults = {stuck_on = 0.1, stuck_off = 0.2}}]\n",
                            "device.faults.stuck_on", "0.3");
  const auto faults = answer.points[0].study.root().table("device").table("faults");
  EXPECT_EQ(faults.number("stuck_on", 0), 0.3);
  EXPECT_EQ(faults.number("stuck_off", 0), 0.2);
}

TEST(Overrides, ALayerThatSaysOtherwiseWinsAndIsNamed) {
  const std::string study =
      "[[layer]]\nmatch = \"fc*\"\nadc.bits = 10\n[[layer]]\nmatch = \"conv1\"\nadc.bits = 4\n"
      "[[layer]]\nmatch = \"conv2\"\ninput.bits = 4\n";
  EXPECT_THAT(under(study, "adc.bits", "4").lines,
              ElementsAre("--set adc.bits=4: layers that match \"fc*\" keep adc.bits = 10"));
  EXPECT_THAT(under(study, "input", "{bits = 6}").lines,
              ElementsAre(HasSubstr("layers that match \"conv2\" keep input = {bits = 4}")));
  EXPECT_THAT(under(study, "wires.row_ohm", "1").lines, IsEmpty());
}

TEST(Overrides, MistakesOfASweepStayToBeSaid) {
  const auto answer = [](const std::string& sweep) {
    const auto with =
        with_setting(core::Config::from_text("[sweep]\n" + sweep, "s.toml"), "adc.bits", "4", {});
    with.root().ignore("adc");
    sweep_points(with);
    with.finish();
  };
  EXPECT_ANY_THROW(answer("'adc.bits' = 6\n"));
  EXPECT_ANY_THROW(answer("points = [3]\n"));
}

}  // namespace
}  // namespace mho::study
