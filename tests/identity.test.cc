// A store gives a number back only for what it is of: contents of files and settings, not names and times.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "encode_image.h"
#include "onnx_bytes.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;
using mho::testing::Answer;
using mho::testing::run;
using mho::testing::slurp;
using mho::testing::some_floats;
using mho::testing::spill;
using mho::testing::Workshop;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// Chips that a store holds; 0 where there is none.
int chips(const std::string& path) {
  sqlite3* database = nullptr;
  int n = 0;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
    sqlite3_exec(
        database, "SELECT COUNT(*) FROM records WHERE kind = 'chip'",
        [](void* out, int, char** row, char**) {
          *static_cast<int*>(out) = std::atoi(row[0]);
          return 0;
        },
        &n, nullptr);
  }
  sqlite3_close(database);
  return n;
}

/// What a run found out.
json numbers(const json& result) {
  json out;
  for (const char* key : {"float", "digital", "analog", "layers"}) out[key] = result[key];
  return out;
}

class Identity : public Workshop {
 protected:
  std::string store() const { return at("s.sqlite"); }
  json with_store(const std::string& more = "") {
    const Answer answer = infer("--store " + store() + " --json " + at("r.json") + " " + more);
    EXPECT_EQ(answer.code, 0) << answer.said;
    return result();
  }
  /// Runs, lets `change` happen, and runs again: nothing of the first run may come back.
  void expect_new_numbers(const std::function<void()>& change, const std::string& more = "") {
    const json before = with_store();
    ASSERT_EQ(chips(store()), 3);
    change();
    const json after = with_store(more);
    EXPECT_EQ(chips(store()), 6) << "the old chips came back";
    EXPECT_NE(after["identity"], before["identity"]);
    const Answer fresh = infer("--json " + at("fresh.json") + " " + more);
    ASSERT_EQ(fresh.code, 0) << fresh.said;
    EXPECT_EQ(numbers(after), numbers(result("fresh.json")));
    EXPECT_EQ(after["identity"], result("fresh.json")["identity"]);
  }
  /// Other contents, under the same name, of the same size, with the same time.
  static void replace_unseen(const std::string& path, const std::string& bytes) {
    ASSERT_EQ(fs::file_size(path), bytes.size());
    const auto time = fs::last_write_time(path);
    spill(path, bytes);
    fs::last_write_time(path, time);
  }
  void use_external_weights() const {
    spill(at("net.onnx"), mho::testing::dense_with_external_weights(64, 10, "weights.bin"));
    spill(at("weights.bin"), some_floats(640, 1));
  }
  /// Ten different 8×8 images with these labels, as a folder.
  void picture_folder(const std::string& labels) const {
    fs::create_directories(at("pictures"));
    std::string list = "file,class_index\n";
    for (std::size_t i = 0; i < labels.size(); ++i) {
      auto picture = mho::tests::pattern(8, 8, 1);
      for (auto& pixel : picture.pixels) pixel = static_cast<std::uint8_t>(pixel * (i + 1) % 251);
      const auto bytes = mho::tests::png_of(picture);
      spill(at("pictures/" + std::to_string(i) + ".png"),
            std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
      list += std::to_string(i) + ".png," + labels[i] + "\n";
    }
    spill(at("pictures/labels.csv"), list);
  }
  std::string picture_study() const {
    std::string text = study("pictures");
    const std::string scale = "{scale = 0.0625}";
    return text.replace(text.find(scale), scale.size(), "{scale = 0.0039, order = \"gray\"}")
        .replace(text.find("count = 20"), 10, "count = 5");
  }
};

TEST_F(Identity, ExternalWeights) {
  use_external_weights();
  expect_new_numbers([&] { replace_unseen(at("weights.bin"), some_floats(640, 2)); });
}

TEST_F(Identity, AModelOfTheSameSizeAndTime) {
  std::string bytes = slurp(at("net.onnx"));
  expect_new_numbers([&] {
    // The sign of a few weights: the file stays a network.
    for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 400; ++i)
      bytes[i] = static_cast<char>(bytes[i] ^ 1);
    replace_unseen(at("net.onnx"), bytes);
  });
}

TEST_F(Identity, AFileOfLabels) {
  const auto idx = [](const std::string& sizes, const std::string& values) {
    return std::string("\0\0\x08", 3) + static_cast<char>(sizes.size()) + [&] {
      std::string out;
      for (const char size : sizes) out += std::string("\0\0\0", 3) + size;
      return out;
    }() + values;
  };
  fs::create_directories(at("set"));
  std::string pixels;
  for (int i = 0; i < 40 * 64; ++i) pixels += static_cast<char>(i * 7919 % 17);
  std::string labels;
  for (int i = 0; i < 40; ++i) labels += static_cast<char>(i % 10);
  spill(at("set/t10k-images-idx3-ubyte"), idx("\x28\x08\x08", pixels));
  spill(at("set/t10k-labels-idx1-ubyte"), idx("\x28", labels));
  spill(at("study.toml"), study("set/test"));
  expect_new_numbers([&] {
    std::reverse(labels.begin(), labels.end());
    replace_unseen(at("set/t10k-labels-idx1-ubyte"), idx("\x28", labels));
  });
}

TEST_F(Identity, TheListOfLabelsOfAFolder) {
  picture_folder("0123456789");
  spill(at("study.toml"), picture_study());
  expect_new_numbers([&] { picture_folder("9876543210"); });
}

TEST_F(Identity, OneImageOfAFolder) {
  picture_folder("0123456789");
  spill(at("study.toml"), picture_study());
  expect_new_numbers([&] {
    const auto bytes = mho::tests::png_of(mho::tests::pattern(8, 8, 1));
    spill(at("pictures/3.png"), std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  });
}

TEST_F(Identity, CalibrationImages) {
  spill(at("calibration.csv"), mho::testing::csv(30, 5));
  std::string text = study();
  text.replace(text.find("count = 20"), 10, "images = \"calibration.csv\"\ncount = 20");
  spill(at("study.toml"), text);
  expect_new_numbers([&] { spill(at("calibration.csv"), mho::testing::csv(30, 6)); });
}

TEST_F(Identity, AKeyOfPreprocessing) {
  expect_new_numbers([] {}, "--set data.preprocess.mean=[0.1]");
}

TEST_F(Identity, ACardOfTheUser) {
  spill(at("mine.toml"), slurp(std::string(MHO_SOURCE_DIR) + "/cards/devices/taox.toml"));
  std::string text = study();
  text.replace(text.find("\"taox\""), 6, "\"mine.toml\"");
  spill(at("study.toml"), text);
  expect_new_numbers(
      [&] { spill(at("mine.toml"), slurp(std::string(MHO_SOURCE_DIR) + "/cards/devices/pcm-joshi.toml")); });
}

TEST_F(Identity, AKeyOfALayer) {
  expect_new_numbers([&] { spill(at("study.toml"), study() + "[[layer]]\nmatch = \"*\"\nadc.bits = 4\n"); });
}

// A layer's own card under what the study says of the common one: written out, it is laid over the layer's
// too.
TEST_F(Identity, AKeyOfTheCommonCardThatALayersCardGets) {
  const std::string own_card = "[[layer]]\nmatch = \"conv*\"\ndevice.card = \"ideal\"\n";
  spill(at("study.toml"), study() + own_card);
  expect_new_numbers([&] {
    std::string text = study() + own_card;
    text.replace(
        text.find("card = \"taox\""), 13,
        "card = \"taox\"\nprogramming = {unit = \"G_on\", sigma = {polynomial = [0.002, 0.0, 0.028]}}");
    spill(at("study.toml"), text);
  });
}

// The study of a result, of layers with cards of their own and of training's tables, gives the same numbers.
TEST_F(Identity, AResultRunAgainIsTheSame) {
  spill(at("study.toml"),
        study() + "[[layer]]\nmatch = \"conv2\"\ndevice = {card = \"pcm-joshi\", time_s = 86400}\n");
  const Answer first = infer("--json " + at("first.json"));
  ASSERT_EQ(first.code, 0) << first.said;
  const Answer again = run("run " + at("first.json") + " --json " + at("again.json"));
  ASSERT_EQ(again.code, 0) << again.said;
  EXPECT_EQ(numbers(result("again.json")), numbers(result("first.json")));
  EXPECT_EQ(result("again.json")["identity"], result("first.json")["identity"]);
  EXPECT_THAT(again.said, Not(HasSubstr("other numbers")));
  std::string bytes = slurp(at("net.onnx"));
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 400; ++i)
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
  spill(at("net.onnx"), bytes);
  EXPECT_THAT(run("run " + at("first.json")).said, HasSubstr("these are other numbers than those of"));
}

// Ranges are symmetric for all converters but the uniform one, where currents are subtracted after them.
TEST_F(Identity, RangesOfAnotherKindOfConverter) {
  const std::string file = "--set calibration.file=ranges.json --set mapping.subtract=digital ";
  ASSERT_EQ(infer(file + "--set adc.kind=sar").code, 0);
  const Answer other = infer(file);
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.said, HasSubstr("adc_symmetric"));
  fs::remove(at("ranges.json"));
  const Answer sweep = infer(file + "--set 'sweep.adc.kind=[\"sar\", \"uniform\"]'");
  EXPECT_EQ(sweep.code, 2) << "before anything is computed";
  EXPECT_THAT(sweep.said, HasSubstr("points of the sweep have other ranges"));
  EXPECT_FALSE(fs::exists(at("ranges.json")));
  EXPECT_EQ(infer(file + "--set 'sweep.adc.bits=[6, 8]'").code, 0) << "one file serves all bits";
}

// What is the same is found: from a copied program, from another folder, under other names and
// with other times.
TEST_F(Identity, TheSameStudyElsewhereIsFound) {
  const json before = with_store();
  fs::copy_file(MHO_PROGRAM, at("copy-of-mho"));
  fs::create_directories(at("elsewhere"));
  fs::copy_file(at("net.onnx"), at("elsewhere/network.onnx"));
  fs::copy_file(at("images.csv"), at("elsewhere/pictures.csv"));
  spill(at("elsewhere/other.toml"), study("pictures.csv", "network.onnx"));
  const Answer answer = run("infer other.toml --threads 1 --store " + store() + " --json " + at("r.json"),
                            at("copy-of-mho"), "cd " + at("elsewhere") + ";");
  ASSERT_EQ(answer.code, 0) << answer.said;
  EXPECT_EQ(chips(store()), 3) << "computed again";
  EXPECT_EQ(result()["identity"], before["identity"]);
  EXPECT_EQ(numbers(result()), numbers(before));
}

// Every task says what its result is of.
TEST_F(Identity, OfCostsAndMultiplications) {
  use_external_weights();
  const auto identity_of = [&](const std::string& command) {
    const Answer answer = run(command + " --json " + at("r.json"));
    EXPECT_EQ(answer.code, 0) << answer.said;
    return result()["identity"].get<std::string>();
  };
  const std::string cost = "cost " + at("study.toml");
  const std::string before = identity_of(cost);
  EXPECT_EQ(before.size(), 64u);
  EXPECT_EQ(identity_of(cost + " --set data.count=3 --set study.seed=5"), before)
      << "no cost depends on these";
  EXPECT_NE(identity_of(cost + " --set hardware.override.cell.mean_conductance.value=0.4"), before);
  spill(at("weights.bin"), some_floats(640, 2));
  EXPECT_NE(identity_of(cost), before);
  const std::string sweep = identity_of(cost + " --set 'sweep={\"adc.bits\"=[4,5]}'");
  EXPECT_EQ(sweep.size(), 64u);
  EXPECT_NE(identity_of(cost + " --set 'sweep={\"adc.bits\"=[4,6]}'"), sweep);

  spill(at("m.toml"), "[device]\ncard = \"taox\"\n");
  const auto matrix = [&](const std::string& name, std::uint64_t seed) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 8), }";
    header.resize(118 - 1, ' ');
    spill(at(name), std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + some_floats(32, seed));
  };
  matrix("W.npy", 1);
  matrix("X.npy", 2);
  const std::string mvm = "mvm --config " + at("m.toml") + " --weights " + at("W.npy") + " --inputs ";
  const std::string one = identity_of(mvm + at("X.npy") + " --output " + at("Y.npy"));
  fs::copy_file(at("X.npy"), at("copy.npy"));
  EXPECT_EQ(identity_of(mvm + at("copy.npy") + " --output " + at("Z.npy")), one);
  matrix("X.npy", 3);
  EXPECT_NE(identity_of(mvm + at("X.npy") + " --output " + at("Y.npy")), one);
}

// --- files that change while a study runs ---

class ChangingFiles : public Identity {
 protected:
  /// Starts the study with many chips, waits until one is finished, lets `change` happen, waits for the end.
  Answer run_while(const std::function<void()>& change) {
    const pid_t child = fork();
    if (child == 0) {
      freopen(at("said").c_str(), "w", stdout);
      dup2(fileno(stdout), 2);
      execl(MHO_PROGRAM, MHO_PROGRAM, "infer", at("study.toml").c_str(), "--set", "study.trials=60",
            "--store", store().c_str(), "--json", at("r.json").c_str(), nullptr);
      _exit(127);
    }
    for (int i = 0; i < 3000 && chips(store()) < 1; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    change();
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), slurp(at("said"))};
  }
  /// Either the run says which file changed, or its numbers are those without the change.
  void expect_right_or_refused(const std::function<void()>& change, const std::string& file) {
    const Answer plain = infer("--set study.trials=60 --json " + at("plain.json"));
    ASSERT_EQ(plain.code, 0) << plain.said;
    const Answer answer = run_while(change);
    if (answer.code == 0) {
      EXPECT_EQ(numbers(result()), numbers(result("plain.json")));
    } else {
      EXPECT_EQ(answer.code, 2) << answer.said;
      EXPECT_THAT(answer.said, HasSubstr(file));
    }
  }
};

TEST_F(ChangingFiles, AWeightFileThatIsOverwritten) {
  spill(at("images.csv"), mho::testing::csv(600, 1));
  expect_right_or_refused([&] { spill(at("net.onnx"), std::string(fs::file_size(at("net.onnx")), 'x')); },
                          "net.onnx");
}

TEST_F(ChangingFiles, ExternalDataThatIsCutOff) {
  use_external_weights();
  spill(at("images.csv"), mho::testing::csv(2000, 1));
  expect_right_or_refused([&] { fs::resize_file(at("weights.bin"), 0); }, "weights.bin");
}

TEST_F(ChangingFiles, AnImageThatIsOverwritten) {
  picture_folder("0123456789");
  spill(at("study.toml"), picture_study());
  expect_right_or_refused(
      [&] {
        const auto bytes = mho::tests::png_of(mho::tests::pattern(8, 8, 1));
        spill(at("pictures/3.png"), std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
      },
      "pictures/3.png: changed while the study ran");
}

// --- files of earlier versions ---

TEST_F(Identity, AStoreOfVersion01IsRefusedByName) {
  sqlite3* database = nullptr;
  sqlite3_open(store().c_str(), &database);
  sqlite3_exec(database,
               "CREATE TABLE records (point TEXT, kind TEXT, trial INTEGER, record TEXT,"
               " PRIMARY KEY (point, kind, trial));"
               "CREATE TABLE points (point TEXT PRIMARY KEY, label TEXT, study TEXT)",
               nullptr, nullptr, nullptr);
  sqlite3_close(database);
  const Answer answer = infer("--store " + store());
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.said, HasSubstr("s.sqlite: is a store of mho 0.1"));
}

/// A training of one short epoch that leaves a checkpoint.
class Checkpoint : public Workshop {
 protected:
  void SetUp() override {
    Workshop::SetUp();
    spill(at("train.csv"), mho::testing::csv(100, 1));
    spill(at("test.csv"), mho::testing::csv(50, 2));
    spill(at("train.toml"),
          "task = \"train\"\n[data]\nimages = \"train.csv\"\ntest = \"test.csv\"\n"
          "[device]\ncard = \"constant-step\"\n[training]\nlayers = [64, 12, 10]\nepochs = 1\n"
          "checkpoint = \"" +
              at("checkpoint") + "\"\n[study]\ntrials = 1\n");
  }
  Answer train(const std::string& more = "") const { return run("train " + at("train.toml") + " " + more); }
  void expect_refused(const std::string& more, const std::string& why) const {
    const Answer answer = train(more);
    EXPECT_EQ(answer.code, 2) << answer.said;
    EXPECT_THAT(answer.said, HasSubstr(why));
    EXPECT_THAT(answer.said, HasSubstr("remove it to start from the beginning"));
  }
};

TEST_F(Checkpoint, OfOtherLabelsImagesOrSettingsIsRefused) {
  ASSERT_EQ(train().code, 0);
  ASSERT_TRUE(fs::exists(at("checkpoint")));
  EXPECT_EQ(train("--threads 1").code, 0) << "the same training goes on";
  expect_refused("--set training.learning_rate=0.001", "training.learning_rate was ");
  std::string lines = mho::testing::csv(100, 1);
  lines.replace(lines.rfind(",9\n"), 3, ",8\n");
  spill(at("train.csv"), lines);
  expect_refused("", "data.labels holds other contents");
  lines = mho::testing::csv(100, 1);
  lines[0] = lines[0] == '3' ? '4' : '3';
  spill(at("train.csv"), lines);
  expect_refused("", "data.images holds other contents");
  spill(at("train.csv"), mho::testing::csv(100, 1));
  spill(at("test.csv"), mho::testing::csv(50, 3));
  expect_refused("", "data.test holds other contents");
}

TEST_F(Checkpoint, OfVersion01IsRefusedByName) {
  spill(at("checkpoint"), "mho checkpoint 1\n0123456789abcdef0123456789abcdef");
  expect_refused("", "is a checkpoint of mho 0.1");
}

TEST_F(Identity, ACalibrationOfOtherPreprocessingIsRefused) {
  std::string text = study();
  text.replace(text.find("count = 20"), 10, "file = \"ranges.json\"\ncount = 20");
  spill(at("study.toml"), text);
  ASSERT_EQ(infer().code, 0);
  ASSERT_TRUE(fs::exists(at("ranges.json")));
  EXPECT_EQ(infer("--set adc.bits=5").code, 0) << "which the ranges don't follow from";
  const Answer answer = infer("--set data.preprocess.scale=0.05");
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.said, HasSubstr("data.preprocess.scale was 0.0625, is 0.05"));
}

}  // namespace
