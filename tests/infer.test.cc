// A study gives the same numbers however it is run: with any number of threads, in one go or killed and
// continued, alone or as a point of a sweep.

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "program.h"

namespace {

using mho::testing::run;
using mho::testing::spill;
using mho::testing::Workshop;
using nlohmann::json;

/// What depends on the study alone.
json numbers(json result) {
  for (const char* key : {"timing", "machine", "name", "study", "study_text"}) result.erase(key);
  if (result.contains("points")) {
    for (auto& point : result["points"]) point.erase("timing");
  }
  return result;
}

/// Records that a store holds so far; 0 where there is none.
int records(const std::string& path) {
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

class Infer : public Workshop {
 protected:
  /// Starts the study, waits until two chips are finished, sends the signal, and returns how it ended.
  int stopped_by(int signal, const std::string& json_file) {
    const pid_t child = fork();
    if (child == 0) {
      freopen("/dev/null", "w", stdout);
      freopen(at("stderr").c_str(), "w", stderr);
      execl(MHO_PROGRAM, MHO_PROGRAM, "infer", at("study.toml").c_str(), "--json", json_file.c_str(),
            nullptr);
      _exit(127);
    }
    for (int i = 0; i < 3000 && records(json_file + ".partial") < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    kill(child, signal);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
};

TEST_F(Infer, TheSameBitsForOneTwoAndThreeThreads) {
  ASSERT_EQ(infer("--threads 1 --json " + at("1.json")).code, 0);
  for (const char* threads : {"2", "3"}) {
    ASSERT_EQ(infer(std::string("--threads ") + threads + " --json " + at("n.json")).code, 0);
    EXPECT_EQ(numbers(result("n.json")), numbers(result("1.json"))) << threads;
  }
  EXPECT_EQ(result("1.json")["timing"]["threads"], 1);
  EXPECT_EQ(result("n.json")["timing"]["threads"], 3);
}

TEST_F(Infer, TheDocumentHasItsPublicKeysAndTheyAgree) {
  ASSERT_EQ(infer("--json " + at("r.json") + " --report " + at("r.html")).code, 0);
  const auto r = result();
  for (const char* mode : {"float", "digital"}) {
    EXPECT_GE(r[mode]["top5"].get<double>(), r[mode]["top1"].get<double>());
  }
  const auto& top1 = r["analog"]["top1"];
  ASSERT_EQ(top1["trials"].size(), 3);
  double mean = 0, squares = 0;
  for (const double t : top1["trials"]) mean += t / 3;
  for (const double t : top1["trials"]) squares += (t - mean) * (t - mean);
  EXPECT_NEAR(top1["mean"], mean, 1e-12);
  EXPECT_NEAR(top1["std"], std::sqrt(squares / 2), 1e-12);
  // t(0.975, 2) = 4.3027
  EXPECT_NEAR(top1["ci95"][1].get<double>() - mean, 4.302653 * std::sqrt(squares / 2) / std::sqrt(3.0), 1e-6);
  ASSERT_EQ(r["layers"].size(), 4);
  EXPECT_EQ(r["layers"][1]["weights"], 24 * 12 * 9);
  EXPECT_EQ(r["layers"][1]["arrays"], 2) << "a differential pair";
  EXPECT_GT(r["layers"][0]["snr_db"].get<double>(), 10);
  EXPECT_EQ(r["study"]["adc"]["bits"], 8) << "a default";
  EXPECT_EQ(r["study"]["device"]["card"], "taox");
  EXPECT_EQ(r["seed"], 1);
  EXPECT_FALSE(std::filesystem::exists(at("r.json.partial"))) << "the run was complete";
  EXPECT_NE(mho::testing::slurp(at("r.html")).find("<svg"), std::string::npos);
}

TEST_F(Infer, AnotherSeedIsAnotherChip) {
  ASSERT_EQ(infer("--json " + at("a.json") + " --set study.trials=1").code, 0);
  ASSERT_EQ(infer("--json " + at("b.json") + " --set study.trials=1 --set study.seed=2").code, 0);
  EXPECT_NE(result("a.json")["layers"][0]["snr_db"], result("b.json")["layers"][0]["snr_db"]);
  EXPECT_TRUE(result("a.json")["analog"]["top1"]["std"].is_null()) << "one chip has no spread";
}

TEST_F(Infer, NoTrialsStopsAfterFloatAndDigital) {
  ASSERT_EQ(infer("--json " + at("r.json") + " --set study.trials=0").code, 0);
  EXPECT_TRUE(result().contains("digital"));
  EXPECT_FALSE(result().contains("analog"));
}

TEST_F(Infer, APointOfASweepIsTheStudyWithThatValue) {
  spill(at("study.toml"),
        study() + "[sweep]\n\"adc.bits\" = [4, 8]\n\"device.card\" = [\"ideal\", \"taox\"]\n");
  ASSERT_EQ(infer("--json " + at("sweep.json")).code, 0);
  const auto points = result("sweep.json")["points"];
  ASSERT_EQ(points.size(), 4);
  spill(at("study.toml"), study());
  ASSERT_EQ(infer("--set adc.bits=4 --json " + at("alone.json")).code, 0);
  const auto point = points[1];
  EXPECT_EQ(point["values"], (json{{"adc.bits", 4}, {"device.card", "taox"}}));
  for (const char* key : {"float", "digital", "analog", "layers"})
    EXPECT_EQ(point[key], result("alone.json")[key]);
}

TEST_F(Infer, InterruptedRunsKeepWhatIsFinishedAndGoOn) {
  spill(at("images.csv"), mho::testing::csv(2000, 1));
  spill(at("study.toml"), study("images.csv", "net.onnx", "") + "seed = 1\n");
  std::string text = study();
  text.replace(text.find("trials = 3"), 10, "trials = 400");
  spill(at("study.toml"), text);
  EXPECT_EQ(stopped_by(SIGINT, at("r.json")), 130) << mho::testing::slurp(at("stderr"));
  const auto partial = result();
  EXPECT_TRUE(partial["interrupted"]);
  const auto finished = partial["analog"]["top1"]["trials"];
  ASSERT_GE(finished.size(), 2);
  ASSERT_LT(finished.size(), 400);
  EXPECT_NE(mho::testing::slurp(at("stderr")).find("interrupted"), std::string::npos);

  const std::string six = "--set study.trials=6 --json ";
  ASSERT_EQ(infer(six + at("fresh.json")).code, 0);
  const auto fresh = result("fresh.json")["analog"]["top1"]["trials"];
  EXPECT_EQ(finished[0], fresh[0]);
  EXPECT_EQ(finished[1], fresh[1]);
  ASSERT_EQ(infer(six + at("r.json")).code, 0);  // continues from the first run's store
  EXPECT_EQ(result()["analog"]["top1"]["trials"], fresh);
  EXPECT_FALSE(result().contains("interrupted"));
}

TEST_F(Infer, AKilledRunGoesOnWhereItStopped) {
  spill(at("images.csv"), mho::testing::csv(2000, 1));
  std::string text = study();
  text.replace(text.find("trials = 3"), 10, "trials = 400");
  spill(at("study.toml"), text);
  EXPECT_EQ(stopped_by(SIGKILL, at("r.json")), 128 + SIGKILL);
  EXPECT_FALSE(std::filesystem::exists(at("r.json"))) << "a result is whole or not there";
  EXPECT_GE(records(at("r.json.partial")), 2);
  ASSERT_EQ(infer("--set study.trials=6 --json " + at("r.json")).code, 0);
  ASSERT_EQ(infer("--set study.trials=6 --json " + at("fresh.json")).code, 0);
  EXPECT_EQ(numbers(result()), numbers(result("fresh.json")));
}

}  // namespace
