// A chip that was trained is a chip: kept, read by inference to the same answers, aged and trained further.

#include <gmock/gmock.h>

#include <array>
#include <cmath>

#include "mho/array/chip/chip.h"
#include "program.h"
#include "temporary_folder.h"

namespace mho::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr int kClasses = 10, kPixels = 64, kTestImages = 300;

/// Numbers between 0 and 1 from Lehmer's generator.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  double next() { return static_cast<double>(state_ = state_ * 48271 % 2147483647) / 2147483647; }

 private:
  std::uint64_t state_;
};

/// Images of ten classes: a pattern each, and as much noise as leaves a few of them wrong.
std::string images(int count, std::uint64_t seed) {
  std::array<std::array<double, kPixels>, kClasses> patterns{};
  Dice of_patterns(12345), noise(seed);
  for (auto& pattern : patterns) {
    for (double& pixel : pattern) pixel = of_patterns.next();
  }
  std::string out;
  for (int i = 0; i < count; ++i) {
    const int label = i * 7 % kClasses;
    for (const double pixel : patterns[label])
      out += std::to_string(8 * pixel + 16 * (noise.next() - 0.5) + 12) + ",";
    out += std::to_string(label) + "\n";
  }
  return out;
}

std::string set(const std::string& key, const std::string& value) {
  return " --set '" + key + "=" + value + "'";
}

class TrainedChip : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return folder_.path().string() + "/" + name; }

  void SetUp() override {
    spill(at("train.csv"), images(500, 1));
    spill(at("test.csv"), images(kTestImages, 2));
    // Cells that learn, drift and bear a dose.
    const std::string device =
        "[device]\ncard = \"taox-3\"\nretention = {model = \"power-law\", nu = {polynomial = [0.15]}, "
        "nu_sigma = {polynomial = [0.1]}}\nradiation = {model = \"threshold-voltage\", decay_krad = 300, "
        "spread_v = 0.1}\n";
    spill(at("train.toml"), "[data]\nimages = \"train.csv\"\ntest = \"test.csv\"\n" + device +
                                "[training]\nlayers = [64, 24, 10]\nlearning_rate = 0.02\nepochs = 4\n"
                                "[study]\ntrials = 1\n");
    spill(at("infer.toml"), "[network]\nmodel = \"net.onnx\"\n[data]\nimages = \"test.csv\"\n" + device +
                                "chip = \"chip.npz\"\n[input]\nrange = \"auto\"\n[adc]\nrange = \"auto\"\n"
                                "[study]\ntrials = 1\n");
  }

  Answer task(const std::string& name, const std::string& sets) const {
    return run(name + " " + at(name + ".toml") + sets + " --threads 1 --json " + at("result.json"));
  }
  json result_of(const std::string& name, const std::string& sets) const {
    const auto answer = task(name, sets);
    EXPECT_EQ(answer.code, 0) << sets << "\n" << answer.said;
    return answer.code == 0 ? json::parse(slurp(at("result.json"))) : json();
  }
  json train(const std::string& sets = "") const { return result_of("train", sets + kKeep); }
  static double right(const json& trained) { return trained["accuracy"]["last_epoch"]["trials"][0]; }
  static double right_after(const json& trained) { return trained["aged"]["test_accuracy"]["trials"][0]; }
  double infer(const std::string& sets = "") const {
    return result_of("infer", sets)["analog"]["top1"]["trials"][0];
  }

 private:
  const std::string kKeep = set("study.save_chip", "chip.npz") + set("study.save_network", "net.onnx");
  tests::TemporaryFolder folder_;
};

TEST_F(TrainedChip, NamesAsManyImagesRightlyWhenInferenceReadsIt) {
  const std::string given = set("input.range", "1.5") + set("adc.range", "[-20, 20]");
  for (const auto& both : {std::string(), given, set("device.faults", "{stuck_on = 0.05, stuck_off = 0.05}"),
                           set("array.rows", "20") + set("array.cols", "9") + set("adc.kind", "sar"),
                           set("device.reading", R"({unit = "G_on", sigma = {polynomial = [0.01]}})") +
                               set("input.slice_bits", "2"),
                           set("wires.row_ohm", "2") + set("wires.col_ohm", "2")}) {
    const double trained = right(train(both));
    EXPECT_GT(trained, 0.5) << both;
    EXPECT_LT(trained, 1) << both;
    // The faults are in the chip.
    const double read = infer(both.find("faults") == std::string::npos ? both : "");
    EXPECT_EQ(std::lround(read * kTestImages), std::lround(trained * kTestImages)) << both;
  }
  for (const auto& only_training :
       {set("mapping.scheme", "offset"), set("mapping.scheme", "differential"),
        set("training.bias", "digital"),
        set("training.hidden", "relu") + set("training.inputs", "as-is") +
            set("data.preprocess", "{scale = 0.04}") + set("training.learning_rate", "0.01"),
        set("training.carry", "{arrays = 2, base = 4, every = [10]}")}) {
    const double trained = right(train(only_training));
    EXPECT_GT(trained, 0.2) << only_training;
    EXPECT_EQ(std::lround(infer() * kTestImages), std::lround(trained * kTestImages)) << only_training;
  }
}

TEST_F(TrainedChip, OtherConvertersReadItOtherwise) {
  const double trained = right(train());
  EXPECT_LT(infer(set("adc.bits", "2")), trained);
  EXPECT_NEAR(infer(set("adc.bits", "12")), trained, 0.05);
}

// Time and dose do the same to it behind training and in inference, and what it has lived is kept with it.
TEST_F(TrainedChip, AgesInTrainingAsInInference) {
  const json young = train();
  EXPECT_FALSE(young.contains("aged"));
  for (const auto& life : {set("device.time_s", "432000"), set("device.dose_krad", "100"),
                           set("device.history", "[{wait_s = 3600, dose_krad = 50}, {wait_s = 432000}]")}) {
    train();
    const double later = infer(life);
    EXPECT_NE(later, right(young)) << life;
    const json old = train(life);
    EXPECT_EQ(old["epochs"], young["epochs"]) << life;
    EXPECT_EQ(right_after(old), later) << life;
    EXPECT_EQ(infer(), later) << "its cells were kept as they were at the end";
  }
}

TEST_F(TrainedChip, LearnsOnFromItsCells) {
  const double first = right(train(set("device.faults", "{stuck_on = 0.02, stuck_off = 0.02}")));
  const auto before = array::read_chip(at("chip.npz"));
  // Hardly a step: the same answers.
  const json same =
      result_of("train", set("device.chip", "chip.npz") + set("training.learning_rate", "1e-9") +
                             set("training.epochs", "1"));
  EXPECT_NEAR(right(same), first, 0.02);
  const json on = result_of("train", set("device.chip", "chip.npz") + set("study.save_chip", "more.npz"));
  // The study of the result that went on from the chip is one that can be run.
  const auto again = run("run " + at("result.json") + " --threads 1 --json " + at("again.json"));
  ASSERT_EQ(again.code, 0) << again.said;
  EXPECT_EQ(json::parse(slurp(at("again.json")))["epochs"], on["epochs"]);
  EXPECT_LT(on["epochs"][0]["train_loss"], 0.8 * train()["epochs"][0]["train_loss"].get<double>());
  const auto after = array::read_chip(at("more.npz"));
  const auto& cells = before.matrices.at("dense1").positive;
  const auto& later = after.matrices.at("dense1").positive;
  ASSERT_EQ(later.faults, cells.faults);
  std::size_t stuck = 0, moved = 0;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    if (cells.faults[k] != device::Fault::none) {
      ++stuck;
      EXPECT_NEAR(later.conductance_s[k], cells.conductance_s[k], 1e-6 * cells.conductance_s[k]);
    } else if (std::abs(later.conductance_s[k] - cells.conductance_s[k]) > 1e-9) {
      ++moved;
    }
  }
  EXPECT_GT(stuck, 20u);
  EXPECT_GT(moved, cells.size() / 2);
}

TEST_F(TrainedChip, WhatTrainingCannotDoWithAChipIsRefused) {
  train();
  const auto refusal = [&](const std::string& sets) {
    const auto answer = task("train", sets);
    EXPECT_EQ(answer.code, 2) << sets << "\n" << answer.said;
    return answer.said;
  };
  const std::string chip = set("device.chip", "chip.npz");
  EXPECT_THAT(refusal(chip + set("training.layers", "[64, 30, 10]")), HasSubstr("number of outputs is 24"));
  EXPECT_THAT(refusal(chip + set("training.layers", "[64, 24]")), HasSubstr("lies on no array"));
  EXPECT_THAT(refusal(chip + set("training.layers", "[64, 24, 10, 10]")), HasSubstr("dense3"));
  EXPECT_THAT(refusal(chip + set("mapping.scheme", "offset")), HasSubstr("mapping.scheme"));
  EXPECT_THAT(refusal(chip + set("training.weight_limits", "[1, 1]")), HasSubstr("leave it out"));
  EXPECT_THAT(refusal(chip + set("mapping.weight_range", "1")), HasSubstr("leave it out"));
  EXPECT_THAT(refusal(chip + set("training.carry", "{arrays = 2, every = [10]}")), HasSubstr("carry"));
  EXPECT_THAT(refusal(chip + set("training.numeric", "true")), HasSubstr("device.chip"));
  EXPECT_THAT(refusal(set("training.numeric", "true") + set("study.save_chip", "c.npz")),
              HasSubstr("save_chip"));
  EXPECT_THAT(refusal(chip + set("device.faults", "{stuck_on = 0.1, stuck_off = 0}")),
              HasSubstr("device.faults"));
}

// Cells of models in units of the weight may hold states below any conductance; their chips are read too.
TEST_F(TrainedChip, OfAModelInUnitsOfTheWeightIsRead) {
  const std::string card =
      set("device.card", "constant-step") + set("device.retention", "{model = \"stable\"}");
  const double trained = right(train(card + set("training.update", "pulses")));
  EXPECT_EQ(std::lround(infer(card) * kTestImages), std::lround(trained * kTestImages));
}

/// What the network of two dense layers with a row of bias each says of an image, in plain float64.
class Oracle {
 public:
  /// weights[l][i·outputs + j], the last row the bias.
  Oracle(std::vector<std::vector<double>> weights, double mean, double deviation)
      : weights_(std::move(weights)), mean_(mean), deviation_(deviation) {}
  int says(std::span<const double> pixels) const {
    std::vector<double> x;
    for (const double v : pixels) x.push_back((v - mean_) / (2 * deviation_));
    for (std::size_t l = 0; l < weights_.size(); ++l) {
      x.push_back(1);
      const std::size_t outputs = weights_[l].size() / x.size();
      std::vector<double> y(outputs);
      for (std::size_t i = 0; i < x.size(); ++i) {
        for (std::size_t j = 0; j < outputs; ++j) y[j] += x[i] * weights_[l][i * outputs + j];
      }
      if (l + 1 < weights_.size()) {
        for (double& v : y) v = 1 / (1 + std::exp(-v));
      }
      x = std::move(y);
    }
    return static_cast<int>(std::max_element(x.begin(), x.end()) - x.begin());
  }

 private:
  std::vector<std::vector<double>> weights_;
  double mean_, deviation_;
};

/// Rows of pixels and the label.
std::vector<std::vector<double>> rows_of(const std::string& csv) {
  std::vector<std::vector<double>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    rows.emplace_back();
    for (std::string word; std::getline(words, word, ',');) rows.back().push_back(std::stod(word));
  }
  return rows;
}

TEST_F(TrainedChip, AMeasuredMapWithStuckCellsAnswersAsThoseFaultsDo) {
  train();
  const std::string plainly = set("input.bits", "0") + set("adc.kind", "ideal") +
                              set("mapping.scheme", "differential-two-sided") +
                              set("mapping.weight_bits", "0");
  array::Chip map = array::read_chip(at("chip.npz"));
  map.origin.reset();
  const double g_on = map.matrices.at("dense1").meaning->g_on_s;
  const double g_off = g_on / map.matrices.at("dense1").meaning->on_off_ratio;
  std::string ranges;
  std::vector<double> scale;  // weight for a difference of one siemens
  for (auto& [name, matrix] : map.matrices) {
    const auto meaning = *matrix.meaning;
    matrix.meaning.reset();
    scale.push_back(meaning.largest_weight / (meaning.span * g_on));
    ranges += (ranges.empty() ? "" : ", ") + ("{match = \"" + name + "\", mapping = {weight_range = ") +
              std::to_string(scale.back() * (g_on - g_off)) + "}}";
    scale.back() = std::stod(std::to_string(scale.back() * (g_on - g_off))) / (g_on - g_off);
  }
  const auto train_rows = rows_of(slurp(at("train.csv"))), test_rows = rows_of(slurp(at("test.csv")));
  double sum = 0, square = 0;
  for (const auto& row : train_rows) {
    for (int k = 0; k < kPixels; ++k) sum += row[k];
  }
  const double mean = sum / static_cast<double>(kPixels * train_rows.size());
  for (const auto& row : train_rows) {
    for (int k = 0; k < kPixels; ++k) square += (row[k] - mean) * (row[k] - mean);
  }
  const double deviation = std::sqrt(square / static_cast<double>(kPixels * train_rows.size()));

  const auto oracle = [&] {
    std::vector<std::vector<double>> weights;
    for (const auto& [name, matrix] : map.matrices) {
      const auto conducts = [&](const array::ChipCells& cells, std::size_t k) {
        const auto fault = cells.faults.empty() ? device::Fault::none : cells.faults[k];
        return fault == device::Fault::stuck_on    ? g_on
               : fault == device::Fault::stuck_off ? g_off
                                                   : cells.conductance_s[k];
      };
      std::vector<double> w;
      for (std::size_t k = 0; k < matrix.positive.size(); ++k) {
        w.push_back((conducts(matrix.positive, k) - conducts(matrix.negative, k)) * scale[weights.size()]);
      }
      weights.push_back(std::move(w));
    }
    const Oracle network(std::move(weights), mean, deviation);
    int right = 0;
    for (const auto& row : test_rows)
      right += network.says({row.data(), kPixels}) == std::lround(row[kPixels]);
    return right;
  };
  const auto read = [&] {
    write_chip(at("map.npz"), map);
    return std::lround(kTestImages *
                       infer(plainly + set("device.chip", "map.npz") + set("layer", "[" + ranges + "]")));
  };
  const int sound = oracle();
  EXPECT_EQ(read(), sound);
  EXPECT_GT(sound, kTestImages / 2);
  Dice dice(99);
  for (auto& [name, matrix] : map.matrices) {
    for (auto* cells : {&matrix.positive, &matrix.negative}) {
      cells->faults.assign(cells->size(), device::Fault::none);
      for (auto& fault : cells->faults) {
        const double d = dice.next();
        if (d < 0.01) fault = d < 0.006 ? device::Fault::stuck_on : device::Fault::stuck_off;
      }
    }
  }
  const int broken = oracle();
  EXPECT_NE(broken, sound);
  EXPECT_EQ(read(), broken);
}

}  // namespace
}  // namespace mho::testing
