// One page, one chip: the cost beside an accuracy is that of the layers, cells and signs that were simulated.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program.h"

namespace {

using mho::testing::run;
using mho::testing::slurp;
using mho::testing::spill;
using mho::testing::Workshop;
using nlohmann::json;

class OneChip : public Workshop {
 protected:
  /// "cost" of the study by `mho infer`, programmed once or not at all.
  json simulated(const std::string& sets, int trials = 0) const {
    const auto answer = infer(fmt::format("--set study.trials={} {} --json {} --report {}", trials, sets,
                                          at("r.json"), at("r.html")));
    EXPECT_EQ(answer.code, 0) << answer.said;
    return result()["cost"];
  }
  /// The same by `mho cost`.
  json costed(const std::string& sets) const {
    const auto answer = run("cost " + at("study.toml") + " " + sets + " --json " + at("c.json"));
    EXPECT_EQ(answer.code, 0) << answer.said;
    return result("c.json");
  }
};

const std::string precise = "--set adc.bits=12 --set mapping.slices=4 --set input.slice_bits=1 ";

double convolutions_j(const json& cost) {
  double sum = 0;
  for (const auto& layer : cost["network"]["layers"]) {
    if (layer["name"].get<std::string>().starts_with("conv")) sum += layer["energy_j"].get<double>();
  }
  return sum;
}

// Three convolutions of 12-bit converters, 4 slices and bit-serial inputs; the dense layer as usual.
TEST_F(OneChip, OverridesOfLayersAreInTheCostOfAnAccuracy) {
  spill(at("study.toml"),
        study("images.csv", "net.onnx",
              "[[layer]]\nmatch = \"conv*\"\nadc.bits = 12\nmapping.slices = 4\ninput.slice_bits = 1\n"));
  const std::string before = "--set device.card=reram-wan ";
  const std::string by_tile = before + "--set hardware.cell=tile --set input.signed=true ";
  const json some = simulated(by_tile);
  // Twice the arrays that are needed: without slices of the dense layer there are fewer for copies.
  EXPECT_LT(some["chip"]["images_per_s"].get<double>(), 1585);
  EXPECT_NEAR(simulated(by_tile + "--set hardware.arrays=64")["chip"]["images_per_s"].get<double>(), 1585, 1);
  spill(at("study.toml"), study());
  const json all = simulated(by_tile + precise), none = simulated(by_tile);
  EXPECT_NEAR(convolutions_j(all) * 1e6, 12.33, 0.005);
  EXPECT_NEAR(convolutions_j(some) / convolutions_j(all), 1, 1e-3) << "but for the hops to the dense layer";
  EXPECT_NEAR(all["chip"]["energy_per_image_j"].get<double>() * 1e6, 26.16, 0.005);
  EXPECT_NEAR(all["chip"]["images_per_s"].get<double>(), 1585, 1);
  EXPECT_GT(some["chip"]["energy_per_image_j"].get<double>(),
            100 * none["chip"]["energy_per_image_j"].get<double>());
  EXPECT_NEAR(none["chip"]["energy_per_image_j"].get<double>() * 1e9, 77.7, 0.05);
  EXPECT_EQ(some["chip"]["kinds"].size(), 2U);
  EXPECT_EQ(all["chip"]["kinds"].size(), 1U);
}

// The page of `infer` and the answer of `cost` are of the same chip; a [[layer]] of all layers is no other.
TEST_F(OneChip, InferAndCostAgreeToTheLastBit) {
  const json plain = costed(precise + "--set input.signed=false");
  spill(at("study.toml"),
        study("images.csv", "net.onnx",
              "[[layer]]\nmatch = \"*\"\nadc.bits = 12\nmapping.slices = 4\ninput.slice_bits = 1\n"));
  const json said = costed("--set input.signed=false"), seen = simulated("");
  for (const char* part : {"chip", "network", "design", "kernels", "notes"}) {
    EXPECT_EQ(said[part], plain[part]) << part;
    EXPECT_EQ(seen[part], plain[part]) << part << ", with the signs that calibration found";
  }
  EXPECT_NE(slurp(at("r.html")).find("those of the device card &quot;taox&quot;"), std::string::npos);
}

// Pixels and what follows a ReLU are never negative: simulated without a sign, and costed so, also where the
// answers come from a store.
TEST_F(OneChip, SignsOfInputsAreThoseOfCalibration) {
  const std::string store = "--store " + at("store.sqlite");
  const json found = simulated(store, 1), again = simulated(store, 1);
  EXPECT_EQ(found, simulated("--set input.signed=false"));
  EXPECT_EQ(found, again);
  EXPECT_NE(found["chip"], simulated("--set input.signed=true")["chip"]);
  EXPECT_FALSE(found["design"]["input_signed"].get<bool>());
  // Images around zero are signed, what follows them is not.
  EXPECT_EQ(simulated("--set data.preprocess.mean=[0.5]")["chip"]["kinds"].size(), 2U);
}

// Cards that conduct otherwise, or are read at other voltages, take other energies; alike ones the same.
TEST_F(OneChip, CellsAreThoseOfTheDevice) {
  const std::pair<const char*, double> cards[] = {
      {"ideal", 6.71}, {"taox", 6.71}, {"sonos-40nm", 7.30}, {"pcm-joshi", 6.95}, {"hfo2-milo", 5.55}};
  for (const auto& [card, tops_per_w] : cards) {
    const json cost = simulated(fmt::format("--set device.card={} --set input.signed=true", card));
    EXPECT_NEAR(cost["chip"]["tops_per_w"].get<double>(), tops_per_w, 0.005) << card;
    const std::string page = slurp(at("r.html"));
    EXPECT_NE(page.find(fmt::format("those of the device card &quot;{}&quot;", card)), std::string::npos)
        << card;
    // 288 cells of 1.6 µA at most fit an integrator of 20.6 µA, with few of them on; of more current they
    // don't.
    EXPECT_EQ(page.find("a periphery that is too small") == std::string::npos,
              std::string(card) == "sonos-40nm")
        << card;
    const json tile =
        simulated(fmt::format("--set device.card={} --set input.signed=true --set hardware.cell=tile", card));
    EXPECT_NEAR(tile["chip"]["tops_per_w"].get<double>(), 7.32, 0.01) << card;
    EXPECT_NE(slurp(at("r.html")).find("cells are the tile's own"), std::string::npos) << card;
  }
}

}  // namespace
