// Training through the program: killed at any moment and started again it ends with the same bits, on any
// number of threads; and it says what it costs.

#include <fcntl.h>
#include <signal.h>

#include <chrono>
#include <random>
#include <thread>

#include "program.h"
#include "temporary_folder.h"

namespace mho::testing {
namespace {

using tests::TemporaryFolder;

const std::string kSmall = "[64, 36, 10]", kLarge = "[64, 520, 10]";  ///< large: worth several threads

/// A study on images that look like digits; `more` goes into [training].
std::string study(const std::string& folder, const std::string& checkpoint, const std::string& layers,
                  int epochs, const std::string& more = "") {
  std::string path = folder + "/study.toml";
  spill(folder + "/train.csv", csv(2000, 1));
  spill(folder + "/test.csv", csv(100, 2));
  spill(path, "task = \"train\"\n[data]\nimages = \"" + folder + "/train.csv\"\ntest = \"" + folder +
                  "/test.csv\"\n"
                  "[device]\ncard = \"constant-step\"\n[training]\nlayers = " +
                  layers +
                  "\nlearning_rate = 0.002\n"
                  "checkpoint_every_s = 0\nepochs = " +
                  std::to_string(epochs) + "\ncheckpoint = \"" + folder + "/" + checkpoint + "\"\n" + more +
                  "\n[study]\ntrials = 1\n[hardware]\ntile = \"reram\"\n");
  return path;
}

/// Starts the program and kills it after `wait`; true where it had ended by itself, well.
bool killed_after(std::chrono::milliseconds wait, const std::string& file) {
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    execl(MHO_PROGRAM, MHO_PROGRAM, "train", file.c_str(), "--threads", "1", static_cast<char*>(nullptr));
    _exit(127);
  }
  std::this_thread::sleep_for(wait);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Train, KilledAtAnyMomentItEndsWithTheSameBits) {
  const TemporaryFolder folder;
  const auto whole = run("train " + study(folder.path().string(), "whole", kSmall, 8) + " --threads 2");
  ASSERT_EQ(whole.code, 0) << whole.said;
  const std::string file = study(folder.path().string(), "killed", kSmall, 8);
  std::mt19937 moments(7);
  int kills = 0;
  // Every start gets longer, so that a busy machine comes to an end too.
  for (int start = 0; start < 200; ++start) {
    const auto wait = std::chrono::milliseconds(100 + moments() % 200 + 40 * start);
    if (killed_after(wait, file)) break;
    ++kills;
  }
  EXPECT_GT(kills, 0);
  EXPECT_TRUE(slurp(folder.path().string() + "/whole") == slurp(folder.path().string() + "/killed"))
      << kills << " kills";
}

TEST(Train, PointsOfASweepGoOnFromFilesOfTheirOwn) {
  const TemporaryFolder folder;
  const std::string file = study(folder.path().string(), "sweep", kSmall, 1);
  spill(file, slurp(file) + "[sweep]\n\"study.seed\" = [1, 2]\n");
  const auto accuracies = [&] {
    const auto json = folder.path().string() + "/result.json";
    const auto answer = run("train " + file + " --set data.count=200 --json " + json);
    EXPECT_EQ(answer.code, 0) << answer.said;
    const auto points = nlohmann::json::parse(slurp(json))["points"];
    return std::pair{points[0]["epochs"][0]["test_accuracy"], points[1]["epochs"][0]["test_accuracy"]};
  };
  const auto trained = accuracies();
  EXPECT_NE(trained.first, trained.second);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "sweep.1"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "sweep.2"));
  EXPECT_EQ(accuracies(), trained) << "from the checkpoints";
}

TEST(Train, TheSameBitsOnAnyNumberOfThreads) {
  const TemporaryFolder folder;
  for (const std::string update : {"exact", "pulses"}) {
    std::string first;
    for (const int threads : {1, 2, 3}) {
      const std::string name = update + std::to_string(threads);
      const auto file = study(folder.path().string(), name, kLarge, 1,
                              "update = \"" + update + "\"\npairs = \"two-sided\"\n");
      const auto answer = run("train " + file + " --set data.count=60 --threads " + std::to_string(threads));
      ASSERT_EQ(answer.code, 0) << answer.said;
      const std::string state = slurp(folder.path().string() + "/" + name);
      ASSERT_GT(state.size(), 1000u);
      if (first.empty()) first = state;
      EXPECT_TRUE(first == state) << update << " on " << threads;
    }
  }
}

// What training would not do is refused.
TEST(Train, OverridesOfALayerAreRefused) {
  const TemporaryFolder folder;
  const std::string file = folder.path().string() + "/study.toml";
  spill(file, "task = \"train\"\n[data]\nimages = \"a/train\"\n[[layer]]\nmatch = \"fc*\"\nadc.bits = 4\n");
  const auto answer = run("train " + file);
  EXPECT_EQ(answer.code, 2);
  EXPECT_NE(answer.said.find("study.toml:4: layer"), std::string::npos) << answer.said;
  EXPECT_NE(answer.said.find("training has no per-layer overrides"), std::string::npos) << answer.said;
}

// Energy and time of the chip, with what was measured handed to the hardware.
TEST(Train, SaysWhatTheChipNeeds) {
  const TemporaryFolder folder;
  const auto json = folder.path().string() + "/result.json";
  const auto answer = run("train " + study(folder.path().string(), "c", kLarge, 2) +
                          " --set data.count=200 --threads 1 --json " + json);
  ASSERT_EQ(answer.code, 0) << answer.said;
  const auto cost = nlohmann::json::parse(slurp(json))["cost"];
  const auto& epoch = cost["chip"]["training"];
  EXPECT_EQ(epoch["images_per_epoch"], 200);
  EXPECT_GT(epoch["opu_j"], 0);
  EXPECT_NEAR(cost["training"]["energy_j"].get<double>(), 400 * epoch["energy_per_image_j"].get<double>(),
              1e-9 * cost["training"]["energy_j"].get<double>());
  EXPECT_EQ(cost["network"]["layers"][0]["weights"], 65 * 520);
  for (const auto& layer : cost["training"]["layers"]) {
    for (const char* key : {"updated_share", "mean_input", "mean_conductance"}) {
      EXPECT_GT(layer[key], 0) << key;
      EXPECT_LE(layer[key], 1) << key;
    }
    EXPECT_GT(layer["pulses_per_cell"], 0);
  }
  // The page shows it.
  const auto page = run("report " + json + " --output " + folder.path().string() + "/page.html");
  ASSERT_EQ(page.code, 0) << page.said;
  EXPECT_NE(slurp(folder.path().string() + "/page.html").find("an epoch of training"), std::string::npos);
}

}  // namespace
}  // namespace mho::testing
