// A key of the chip acts in training as in inference, or is refused with the reason; none is passed over.

#include <array>
#include <map>
#include <vector>

#include "program.h"
#include "temporary_folder.h"

namespace mho::testing {
namespace {

/// A key and the value that it is given. `with`: what else it needs to have a meaning, base and changed study
/// alike.
struct Key {
  std::string key, value;
  std::string with = "";
};

class TrainKeys : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return folder_.path().string() + "/" + name; }

  void SetUp() override {
    spill(at("train.csv"), csv(80, 1));
    spill(at("test.csv"), csv(40, 2));
    spill(
        at("study.toml"),
        "task = \"train\"\n[data]\nimages = \"train.csv\"\ntest = \"test.csv\"\n[device]\ncard = \"taox-3\"\n"
        "[training]\nlayers = [64, 12, 10]\nlearning_rate = 0.01\nepochs = 1\n[study]\ntrials = 1\n");
  }

  static std::string set(const std::string& key, const std::string& value) {
    return " --set '" + key + "=" + value + "'";
  }

  Answer train(const std::string& sets) const {
    return run("train " + at("study.toml") + sets + " --threads 1 --json " + at("result.json"));
  }

  /// What an epoch of training came to: any change of any read or write moves it.
  double loss(const std::string& sets) const {
    const auto answer = train(sets);
    EXPECT_EQ(answer.code, 0) << sets << "\n" << answer.said;
    if (answer.code != 0) return 0;
    return nlohmann::json::parse(slurp(at("result.json")))["epochs"][0]["train_loss"];
  }

 private:
  tests::TemporaryFolder folder_;
};

TEST_F(TrainKeys, ActAsInInference) {
  const std::string noise = R"({unit = "G_on", sigma = {polynomial = [0.02]}})";
  const std::string bend = R"({per = "conductance", cubic = {polynomial = [20.0]}})";
  const std::string faults = "{stuck_on = 0.2, stuck_off = 0.2}";
  const std::vector<Key> keys = {
      {"device.faults", faults},
      {"device.programming", noise},
      {"device.programming_error", "false"},
      {"device.reading", noise},
      {"device.read_noise", "false", set("device.reading", noise)},
      {"device.current_voltage", bend},
      {"device.read_voltage_v", "0.2", set("device.current_voltage", bend)},
      {"device.g_on_s", "5e-5"},
      {"device.on_off_ratio", "3", set("device.faults", faults)},
      {"device.clip", "range"},
      {"array.rows", "20"},
      {"array.cols", "7"},
      {"array.partition", "fill", set("array.rows", "20")},
      {"array.column_current_limit", "0.3"},
      {"mapping.scheme", "differential"},
      {"mapping.scheme", "offset"},
      {"mapping.subtract", "digital"},
      {"mapping.interleaved", "true", set("wires.col_ohm", "20")},
      {"mapping.weight_range", "1.0"},
      {"input.bits", "4"},
      {"input.slice_bits", "2"},
      {"input.signed", "false"},
      {"input.range", "0.7"},
      {"adc.kind", "ramp"},
      {"adc.bits", "5"},
      {"adc.bits", "1"},
      {"adc.range", "[0, 5]"},
      {"adc.range", "[-5, 5]"},
      {"adc.range", "max"},
      {"adc.per_input_slice", "false", set("input.slice_bits", "2")},
      {"adc.gain_db", "30", set("adc.kind", "pipeline")},
      {"adc.sigma_capacitor", "0.1", set("adc.kind", "sar")},
      {"adc.sigma_comparator", "0.1", set("adc.kind", "sar")},
      {"adc.group_columns", "2", set("adc.kind", "sar") + set("adc.sigma_capacitor", "0.1")},
      {"adc.noise_lsb", "2"},
      {"wires.row_ohm", "20"},
      {"wires.col_ohm", "20"},
      {"wires.row_terminal_ohm", "200"},
      {"wires.col_terminal_ohm", "200"},
  };
  std::map<std::string, double> before;
  for (const Key& k : keys) {
    if (!before.contains(k.with)) before[k.with] = loss(k.with);
    EXPECT_NE(loss(k.with + set(k.key, k.value)), before[k.with]) << k.key << " = " << k.value << k.with;
  }
  EXPECT_NE(loss(set("adc.range", "[0, 5]")), loss(set("adc.range", "[-5, 5]")));
}

TEST_F(TrainKeys, AreRefusedWhereCellsThatLearnCannotHaveThem) {
  for (const auto& [key, value, reason] : std::vector<std::array<std::string, 3>>{
           {"mapping.weight_bits", "4", "not the digits of a number"},
           {"mapping.slices", "2", "mapping.slices"},
           {"mapping.scheme", "offset-unit-column", "the unit column"},
           {"mapping.weight_range_per", "column", "errors drive the columns"},
           {"mapping.weight_range", "99%", "weights grow"},
           {"array.precision", "int16", "cells change from sample to sample"},
           {"input.bits", "1", "errors have signs"},
           {"input.range", "calibrated", "\"auto\" is the largest magnitude"},
           {"adc.range", "calibrated", "\"auto\" is the largest magnitude"},
           {"adc.range", "granular", "there is no smallest step"},
           {"adc.range_per", "column", "must be \"matrix\""},
           {"wires.gated", "true", "transpose"},
           {"device.cell_bits", "4", "between levels"},
           {"training.read_noise", "0.01", "sigma = {polynomial = ["},
           {"training.pairs", "one", "must be"},
       }) {
    const auto answer = train(set(key, value));
    EXPECT_EQ(answer.code, 2) << key << "\n" << answer.said;
    EXPECT_NE(answer.said.find(key), std::string::npos) << answer.said;
    EXPECT_NE(answer.said.find(reason), std::string::npos) << key << "\n" << answer.said;
  }
}

// What cells go through after they have learned moves the accuracy then, and no epoch before.
TEST_F(TrainKeys, TimeAndDoseComeAfterTheLastEpoch) {
  const auto result = [&](const std::string& sets) {
    const auto answer = train(sets + set("training.epochs", "3"));
    EXPECT_EQ(answer.code, 0) << answer.said;
    return nlohmann::json::parse(slurp(at("result.json")));
  };
  const std::string drifts =
      set("device.retention",
          R"({model = "power-law", nu = {polynomial = [0.3]}, nu_sigma = {polynomial = [0.3]}})");
  const std::string bears =
      set("device.radiation", R"({model = "threshold-voltage", decay_krad = 50, spread_v = 0.3})");
  const auto young = result(drifts + bears);
  EXPECT_FALSE(young.contains("aged"));
  for (const auto& later : {set("device.time_s", "1e6"), set("device.dose_krad", "200"),
                            set("device.history", "[{wait_s = 1e5, dose_krad = 100}, {wait_s = 1e5}]")}) {
    std::string all = drifts;
    all.append(bears).append(later);
    const auto aged = result(all);
    EXPECT_EQ(aged["epochs"], young["epochs"]);
    const auto& accuracy = aged["aged"]["test_accuracy"];
    for (const char* key : {"mean", "std", "ci95", "trials"}) EXPECT_TRUE(accuracy.contains(key));
    EXPECT_NE(accuracy["mean"], young["accuracy"]["last_epoch"]["mean"]) << later;
  }
  // Cells that hold still, and those whose drift is left out, are as they were.
  const std::string still = set("device.retention", "{model = \"stable\"}") + set("device.time_s", "1e6");
  for (const auto& sets : {still, drifts + set("device.time_s", "1e6") + set("device.drift", "false")}) {
    const auto aged = result(sets);
    EXPECT_EQ(aged["aged"]["test_accuracy"]["mean"], aged["accuracy"]["last_epoch"]["mean"]);
  }
  const auto unknown = train(set("device.time_s", "1e6"));
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.said.find("no retention model"), std::string::npos) << unknown.said;
}

TEST_F(TrainKeys, PairsAreAnOlderNameOfTheScheme) {
  for (const auto& [pairs, scheme] :
       {std::pair{"two-sided", "differential-two-sided"}, std::pair{"one-sided", "differential"},
        std::pair{"offset", "offset"}}) {
    const double as_pairs = loss(set("training.pairs", pairs));
    EXPECT_EQ(as_pairs, loss(set("mapping.scheme", scheme)));
    EXPECT_EQ(as_pairs, loss(set("training.pairs", pairs) + set("mapping.scheme", scheme)));
  }
  EXPECT_EQ(loss(""), loss(set("mapping.scheme", "differential-two-sided"))) << "the default";
  const auto both = train(set("training.pairs", "offset") + set("mapping.scheme", "differential"));
  EXPECT_EQ(both.code, 2);
  EXPECT_NE(both.said.find("they disagree"), std::string::npos) << both.said;
}

// One limit for every layer, or one for each: not two that say different things.
TEST_F(TrainKeys, WeightLimitsAreSaidOnce) {
  EXPECT_EQ(loss(set("mapping.weight_range", "1.25")), loss(set("training.weight_limits", "[1.25, 1.25]")));
  const auto both = train(set("mapping.weight_range", "1") + set("training.weight_limits", "[1, 1]"));
  EXPECT_EQ(both.code, 2);
  EXPECT_NE(both.said.find("give one of them"), std::string::npos) << both.said;
}

}  // namespace
}  // namespace mho::testing
