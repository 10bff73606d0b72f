// A chip that was programmed is kept and read again: by the same study to the last bit, by others as they
// ask, and refused where it is none of the study.

#include "mho/array/chip/chip.h"

#include <gmock/gmock.h>

#include "mho/core/npy.h"
#include "program.h"

namespace mho::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Chip : public Workshop {
 protected:
  json infer_json(const std::string& more) const {
    const auto answer = infer("--set study.trials=1 " + more + " --json " + at("r.json"));
    EXPECT_EQ(answer.code, 0) << answer.said;
    return result();
  }
  std::string refusal(const std::string& more) const {
    const auto answer = infer(more);
    EXPECT_EQ(answer.code, 2) << answer.said;
    return answer.said;
  }
};

TEST_F(Chip, TheSameStudyReadsTheSameAnswersToTheLastBit) {
  for (const std::string more :
       {"",
        "--set mapping.scheme=offset-unit-column --set mapping.slices=2 --set "
        "mapping.weight_range_per=column",
        "--set mapping.scheme=differential-two-sided --set adc.range_per=column --set array.rows=50",
        "--set device.card=pcm-hermes --set device.time_s=1000"}) {
    const json made = infer_json(more + " --set study.save_chip=chip.npz");
    // What has been lived is in the cells: reading adds nothing.
    const json read = infer_json(more + " --set device.time_s=0 --set device.chip=chip.npz");
    for (const char* key : {"layers", "digital"}) EXPECT_EQ(made[key], read[key]) << more;
    EXPECT_EQ(made["analog"]["top1"]["trials"], read["analog"]["top1"]["trials"]) << more;
    const auto chip = array::read_chip(at("chip.npz"));
    EXPECT_EQ(chip.matrices.size(), 4u);
    EXPECT_EQ(chip.origin->identity, made["identity"]);
    EXPECT_EQ(chip.origin->study["device"]["card"], made["study"]["device"]["card"]);
  }
}

TEST_F(Chip, WhatItIsReadThroughIsTheStudys) {
  infer_json("--set mapping.scheme=offset --set mapping.weight_bits=6 --set study.save_chip=chip.npz");
  const json read = infer_json("--set device.chip=chip.npz"),
             coarse = infer_json("--set device.chip=chip.npz --set adc.bits=3");
  EXPECT_EQ(read["study"]["mapping"]["scheme"], "offset") << "where the study does not say, as the chip";
  EXPECT_EQ(read["study"]["mapping"]["weight_bits"], 6);
  EXPECT_GT(read["layers"][0]["snr_db"].get<double>(), coarse["layers"][0]["snr_db"].get<double>() + 6);
  EXPECT_NE(read["identity"], coarse["identity"]);
  infer_json(
      "--set study.seed=2 --set mapping.scheme=offset --set mapping.weight_bits=6 --set "
      "study.save_chip=chip.npz");
  EXPECT_NE(infer_json("--set device.chip=chip.npz")["identity"], read["identity"]) << "another chip";
}

TEST_F(Chip, ItsOutputsKeepTheRangesOfTheirOwn) {
  const auto kept = infer_json("--set mapping.weight_range_per=column --set study.save_chip=chip.npz");
  const auto read = infer_json("--set device.chip=chip.npz");
  EXPECT_EQ(read["analog"]["top1"]["mean"], kept["analog"]["top1"]["mean"]);
  for (std::size_t l = 0; l < kept["layers"].size(); ++l)
    EXPECT_EQ(read["layers"][l]["snr_db"], kept["layers"][l]["snr_db"]) << l;
}

TEST_F(Chip, ItIsAgedFromWhereItIs) {
  const std::string card = "--set device.card=sonos-40nm ";
  infer_json(card + "--set device.time_s=86400 --set study.save_chip=day.npz");
  const auto snr = [](const json& r) { return r["layers"][1]["snr_db"].get<double>(); };
  const double at_once = snr(infer_json(card + "--set device.chip=day.npz"));
  const double later = snr(infer_json(
      card + "--set device.chip=day.npz --set device.time_s=345600 --set study.save_chip=days.npz"));
  EXPECT_LT(later, at_once);
  const auto days = array::read_chip(at("days.npz"));
  EXPECT_EQ(device::total_wait_s(days.matrices.begin()->second.meaning->past), 432000);
  EXPECT_THAT(refusal(card + "--set device.chip=days.npz --set device.time_s=1"),
              HasSubstr("its cells would be 5.00001 days old"));
}

TEST_F(Chip, TheFirstChipOfEveryPointOfASweepIsKept) {
  const auto answer =
      infer("--set study.trials=1 --set study.save_chip=c.npz --set 'sweep={\"study.seed\"=[1,2]}'");
  ASSERT_EQ(answer.code, 0) << answer.said;
  EXPECT_EQ(array::read_chip(at("c.1.npz")).origin->seed, 1u);
  EXPECT_EQ(array::read_chip(at("c.2.npz")).origin->seed, 2u);
}

TEST_F(Chip, WhatDoesNotFitIsRefusedWithWhatDiffers) {
  infer_json("--set study.save_chip=chip.npz");
  const std::string chip = "--set device.chip=chip.npz ";
  EXPECT_THAT(refusal(chip + "--set mapping.scheme=offset"),
              HasSubstr("mapping.scheme is differential, but offset"));
  EXPECT_THAT(refusal(chip + "--set mapping.slices=2"), HasSubstr("its number of slices is 1, but 2"));
  EXPECT_THAT(refusal(chip + "--set device.g_on_s=1e-3"), HasSubstr("device.g_on_s"));
  EXPECT_THAT(refusal(chip + "--set 'device.faults={stuck_on=0.1,stuck_off=0}'"), HasSubstr("device.faults"));
  EXPECT_THAT(refusal(chip + "--set device.programming_error=false"), HasSubstr("programming_error"));
  EXPECT_THAT(refusal("--set device.chip=none.npz"), HasSubstr("there is no file none.npz"));
  EXPECT_THAT(refusal("--set study.save_chip=none/c.npz"), HasSubstr("there is no folder"));
  EXPECT_THAT(refusal("--set study.trials=0 --set study.save_chip=c.npz"), HasSubstr("needs a chip"));
  EXPECT_THAT(refusal(chip + "--set device.programming.scale=50"),
              HasSubstr("acts where cells are programmed"));
  EXPECT_THAT(refusal(chip + "--set device.clip=range"), HasSubstr("acts where cells are programmed"));
  EXPECT_THAT(refusal(chip + "--set mapping.weight_range_per=column"),
              HasSubstr("mapping.weight_range_per is matrix, but column"));
  EXPECT_THAT(refusal("--set study.save_chip=."), HasSubstr("is a folder"));
  array::Chip other = array::read_chip(at("chip.npz"));
  for (double& s : other.matrices["fc"].positive.conductance_s) s *= 1e6;
  write_chip(at("microsiemens.npz"), other);
  EXPECT_THAT(refusal("--set device.chip=microsiemens.npz"), HasSubstr("are these siemens?"));
  other = array::read_chip(at("chip.npz"));
  other.matrices["fc9"] = other.matrices["fc"];
  write_chip(at("more.npz"), other);
  EXPECT_THAT(refusal("--set device.chip=more.npz"), HasSubstr("\"fc9\", which lies on no array"));
  other.matrices.erase("fc9");
  other.matrices.erase("conv2");
  write_chip(at("less.npz"), other);
  EXPECT_THAT(refusal("--set device.chip=less.npz"), HasSubstr("holds no cells of \"conv2\""));
}

// Programmed weights as a map: with the largest weight of the model it is the same matrix.
TEST_F(Chip, ProductsReadMapsToo) {
  core::write_npy<float>(at("W.npy"), std::array<std::size_t, 2>{2, 3},
                         std::array{0.1f, -0.2f, 0.3f, 0.4f, 0.0f, -0.5f});
  core::write_npy<float>(at("X.npy"), std::array<std::size_t, 2>{1, 3}, std::array{1.0f, 0.5f, -0.25f});
  spill(at("m.toml"), "[adc]\nkind = \"ideal\"\n");
  const auto product = [&](const std::string& more) {
    const auto answer = run("mvm --config " + at("m.toml") + " --weights " + at("W.npy") + " --inputs " +
                            at("X.npy") + " --output " + at("Y.npy") + " " + more);
    EXPECT_EQ(answer.code, 0) << answer.said;
    return core::read_npy_matrix<float>(at("Y.npy")).elements;
  };
  const auto made = product("--set device.card=taox --set study.save_chip=c.npz");
  EXPECT_EQ(product("--set device.card=taox --set device.chip=c.npz"), made);
  array::Chip map = array::read_chip(at("c.npz"));
  EXPECT_EQ(map.matrices.count(""), 1u) << "no name in a product";
  map.origin.reset();
  map.matrices[""].meaning.reset();
  map.matrices[""].positive.faults[0] = device::Fault::stuck_on;
  write_chip(at("map.npz"), map);
  const auto broken = product("--set device.card=taox --set device.chip=map.npz");
  EXPECT_NE(broken[0], made[0]);
  EXPECT_EQ(broken[1], made[1]);
}

}  // namespace
}  // namespace mho::testing
