// Every task goes through the same life: each option acts or is refused, whichever verb runs the study; what
// was finished is found again; and the study in a result gives the result again.

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>

#include <chrono>
#include <thread>

#include "mho/core/npy.h"
#include "program.h"
#include "random_matrix.h"

namespace mho::testing {
namespace {

using nlohmann::json;

/// What depends on the study alone.
json numbers(json result) {
  for (const char* key : {"timing", "machine", "name", "study_text"}) result.erase(key);
  if (result.contains("points")) {
    for (auto& point : result["points"]) point.erase("timing");
  }
  return result;
}

int records(const std::string& path, const std::string& kind) {
  sqlite3* database = nullptr;
  int n = 0;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
    sqlite3_exec(
        database, ("SELECT COUNT(*) FROM records WHERE kind = '" + kind + "'").c_str(),
        [](void* out, int, char** row, char**) {
          *static_cast<int*>(out) = std::atoi(row[0]);
          return 0;
        },
        &n, nullptr);
  }
  sqlite3_close(database);
  return n;
}

/// A small study of every task.
class Tasks : public Workshop {
 protected:
  void SetUp() override {
    Workshop::SetUp();
    spill(at("infer.toml"), study());
    spill(at("train.csv"), csv(200, 1));
    spill(at("test.csv"), csv(50, 2));
    spill(at("train.toml"),
          "task = \"train\"\n[data]\nimages = \"train.csv\"\ntest = \"test.csv\"\n[device]\ncard = "
          "\"constant-step\"\n[training]\nepochs = 2\nlearning_rate = 0.01\n[study]\ntrials = 3\n"
          "[hardware]\ntile = \"reram\"\n");
    spill(at("cost.toml"),
          "task = \"cost\"\n[network]\nmodel = \"net.onnx\"\n[hardware]\ntile = \"reram\"\n");
    core::write_npy(at("W.npy"), tests::random_matrix(4, 6, "weights"));
    core::write_npy(at("X.npy"), tests::random_matrix(3, 6, "inputs"));
    spill(at("mvm.toml"), "task = \"mvm\"\n[mvm]\nweights = \"W.npy\"\ninputs = \"X.npy\"\noutput = \"" +
                              at("Y.npy") + "\"\n[device]\ncard = \"taox\"\n");
  }
  std::string of(const std::string& task) const { return at(task + ".toml"); }
  std::string add(const std::string& task, const std::string& text) const {
    spill(of(task), slurp(of(task)) + text);
    return of(task);
  }
  json ran(const std::string& arguments) const {
    const auto answer = run(arguments + " --json " + at("r.json"));
    EXPECT_EQ(answer.code, 0) << arguments << "\n" << answer.said;
    return result();
  }
};

constexpr const char* kTasks[] = {"infer", "train", "cost", "mvm"};

TEST_F(Tasks, EveryOptionActsOrIsRefused) {
  for (const std::string task : kTasks) {
    const std::string verb = task + " " + of(task);
    const auto plain = run(verb);
    ASSERT_EQ(plain.code, 0) << plain.said;

    const auto page = at(task + ".html");
    const auto reported = run("run " + of(task) + " --report " + page);
    EXPECT_EQ(reported.code, 0) << reported.said;
    EXPECT_NE(slurp(page).find("</html>"), std::string::npos) << task;
    EXPECT_NE(slurp(page).find("<td>"), std::string::npos) << task << ": a page shows something";
    EXPECT_NE(reported.said.find(page), std::string::npos);

    const auto document = ran(verb + " --set study.seed=7 --threads 2");
    EXPECT_EQ(document["task"], task);
    if (task != "cost") {  // which draws nothing
      EXPECT_EQ(document["seed"], 7);
      EXPECT_EQ(document["study"]["study"]["seed"], 7);
    }
    EXPECT_EQ(numbers(ran("run " + of(task) + " --set study.seed=7 --threads 1")), numbers(document)) << task;

    const bool keeps = task == "infer" || task == "train";
    const auto store = at(task + ".sqlite");
    const auto stored = run(std::string(verb).append(" --store ").append(store));
    EXPECT_EQ(stored.code, keeps ? 0 : 2) << stored.said;
    EXPECT_EQ(std::filesystem::exists(store), keeps) << task;
    EXPECT_EQ(stored.said.find(store) == std::string::npos, keeps) << stored.said;
    EXPECT_FALSE(std::filesystem::exists(at("r.json.partial"))) << task;

    const auto nowhere = run(verb + " --json " + at("nowhere/r.json"));
    EXPECT_EQ(nowhere.code, 2) << nowhere.said;
  }
}

TEST_F(Tasks, TheStudyOfAResultGivesTheResultAgain) {
  add("infer", "[sweep]\npoints = [{\"adc.bits\" = 4}, {\"device.card\" = \"sonos-40nm\"}]\n");
  add("train", "[sweep]\n\"training.update\" = [\"exact\", \"pulses\"]\n");
  add("cost", "[sweep]\nhardware = [{tile = \"reram\"}, {tile = \"sonos\"}]\n");
  add("mvm", "[sweep]\n\"adc.bits\" = [3, 8]\n");
  for (const std::string task : kTasks) {
    for (const std::string set : {"", " --set sweep={}"}) {  // a sweep, and a single point
      const json first = ran("run " + of(task) + set);
      std::filesystem::rename(at("r.json"), at("first.json"));
      EXPECT_EQ(first.contains("points"), set.empty());
      EXPECT_EQ(numbers(ran("run " + at("first.json"))), numbers(first)) << task << set;
    }
  }
}

TEST_F(Tasks, TheVerbWinsAndTheResultSaysSo) {
  for (const std::string written : {"infer", "cost"}) {
    for (const std::string verb : {"infer", "cost"}) {
      std::string text = study() + "[hardware]\ntile = \"reram\"\n";
      text.replace(text.find("\"infer\""), 7, "\"" + written + "\"");
      spill(at("study.toml"), text);
      const auto document = ran(verb + " " + at("study.toml"));
      EXPECT_EQ(document["task"], verb);
      EXPECT_EQ(document["study"]["task"], verb);
      EXPECT_NE(document["study_text"].get<std::string>().find("task = \"" + written), std::string::npos);
    }
  }
  add("infer", "[adcc]\nbits = 8\n");
  const auto unknown = run("run " + at("infer.toml"));
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.said.find("adcc: unknown key; did you mean \"adc\"?"), std::string::npos) << unknown.said;
  const auto answer = run("run " + at("infer.toml") + " --set task=inferr");
  EXPECT_EQ(answer.code, 2);
  EXPECT_NE(answer.said.find("did you mean \"infer\""), std::string::npos) << answer.said;
}

// A file of the network's name lies beside the study, and another, which is none, in the data folder.
TEST_F(Tasks, InferAndCostOpenTheSameNetwork) {
  spill(at("study.toml"), study() + "[hardware]\ntile = \"reram\"\n");
  std::filesystem::create_directory(at("data"));
  spill(at("data/net.onnx"), "no network");
  const char* before = std::getenv("MHO_DATA");
  const std::string kept = before ? before : "";
  setenv("MHO_DATA", at("data").c_str(), 1);
  const auto weights_of = [&](const std::string& verb) {
    return ran(verb + " " + at("study.toml"))["network"]["weights"].get<double>();
  };
  EXPECT_EQ(weights_of("infer"), weights_of("cost"));
  std::filesystem::remove(at("net.onnx"));
  for (const char* verb : {"infer ", "cost "}) {
    const auto answer = run(verb + at("study.toml"));
    EXPECT_EQ(answer.code, 2) << verb;
    EXPECT_NE(answer.said.find(at("data/net.onnx")), std::string::npos) << verb << answer.said;
  }
  std::filesystem::remove(at("data/net.onnx"));
  EXPECT_EQ(run("infer " + at("study.toml")).said, run("cost " + at("study.toml")).said)
      << "both looked in the same places";
  before ? setenv("MHO_DATA", kept.c_str(), 1) : unsetenv("MHO_DATA");
}

TEST_F(Tasks, SettingASweptKeyReplacesItsListAndSaysSo) {
  const std::string line = "mho: --set adc.bits=5: stands instead of sweep.adc.bits = [4, 6]\n";
  for (const std::string task : kTasks) {
    add(task, "[sweep]\n\"adc.bits\" = [4, 6]\n\"study.seed\" = [1, 2]\n");
    const auto answer = run(task + " " + of(task) + " --set adc.bits=5 --json " + at("r.json"));
    ASSERT_EQ(answer.code, 0) << answer.said;
    EXPECT_NE(answer.said.find(line), std::string::npos) << task << "\n" << answer.said;
    const auto document = result();
    ASSERT_EQ(document["points"].size(), 2) << task;
    for (const auto& point : document["points"]) EXPECT_EQ(point["study"]["adc"]["bits"], 5) << task;
  }
}

TEST_F(Tasks, TrialsOfATrainingAreKept) {
  const std::string store = " --store " + at("s.sqlite");
  const auto two = ran("train " + of("train") + store + " --set study.trials=2");
  EXPECT_EQ(records(at("s.sqlite"), "training"), 2);
  const auto found = ran("train " + of("train") + store + " --set study.trials=2");
  EXPECT_EQ(numbers(found), numbers(two));
  EXPECT_TRUE(found["timing"]["seconds_per_epoch_and_trial"].is_null()) << "nothing was trained";
  const auto three = ran("train " + of("train") + store);
  EXPECT_EQ(numbers(three), numbers(ran("train " + of("train")))) << "two of the store and one more";
  EXPECT_EQ(records(at("s.sqlite"), "training"), 3);
}

TEST_F(Tasks, AKilledTrainingGoesOnAfterItsFinishedTrials) {
  spill(at("train.csv"), csv(1000, 1));
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    execl(MHO_PROGRAM, MHO_PROGRAM, "train", of("train").c_str(), "--set", "training.epochs=4", "--set",
          "study.trials=40", "--threads", "1", "--json", at("r.json").c_str(), nullptr);
    _exit(127);
  }
  for (int i = 0; i < 3000 && records(at("r.json.partial"), "training") < 2; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it ended before it was killed";
  const int kept = records(at("r.json.partial"), "training");
  ASSERT_GE(kept, 2);

  const std::string few = "--set training.epochs=4 --set study.trials=" + std::to_string(kept);
  const auto fresh = ran("train " + of("train") + " " + few);
  EXPECT_TRUE(fresh["timing"]["seconds_per_epoch_and_trial"].is_null()) << "all trials were there";
  std::filesystem::remove(at("r.json"));
  EXPECT_EQ(numbers(ran("train " + of("train") + " " + few)), numbers(fresh));
}

// Files that belong to another study are met before the first point is computed, not hours later.
TEST_F(Tasks, FilesOfAnotherStudyAreRefusedBeforeAnythingIsComputed) {
  const std::string checkpoint = " --set training.checkpoint=" + at("c");
  ASSERT_EQ(run("train " + of("train") + checkpoint).code, 0);
  std::filesystem::rename(at("c"), at("c.2"));
  const std::string ranges = " --set calibration.file=" + at("ranges.json");
  ASSERT_EQ(run("infer " + of("infer") + ranges + " --set input.bits=4").code, 0);
  add("train", "[sweep]\n\"training.epochs\" = [2, 3]\n");
  add("infer", "[sweep]\npoints = [{\"study.seed\" = 2}, {\"calibration.percentile\" = 99}]\n");
  for (const auto& [task, more, file] :
       {std::tuple{"train", checkpoint, "c.2"}, std::tuple{"infer", ranges, "ranges.json"}}) {
    const auto answer = run(std::string("run ") + of(task) + more + " --json " + at("r.json"));
    EXPECT_EQ(answer.code, 2) << answer.said;
    EXPECT_NE(answer.said.find(at(file)), std::string::npos) << answer.said;
    EXPECT_FALSE(std::filesystem::exists(at("r.json.partial"))) << task;
  }
}

TEST_F(Tasks, RunOfAMultiplicationAnswersOrSaysWhatIsMissing) {
  ASSERT_EQ(run("run " + of("mvm")).code, 0);
  const auto by_keys = slurp(at("Y.npy"));
  std::filesystem::remove(at("Y.npy"));
  spill(at("bare.toml"), "task = \"mvm\"\n[device]\ncard = \"taox\"\n");
  const auto missing = run("run " + at("bare.toml"));
  EXPECT_EQ(missing.code, 2);
  for (const char* key : {"mvm.weights: is missing", "mvm.inputs: is missing", "mvm.output: is missing"})
    EXPECT_NE(missing.said.find(key), std::string::npos) << missing.said;
  const auto by_options = run("mvm --config " + at("bare.toml") + " --weights " + at("W.npy") + " --inputs " +
                              at("X.npy") + " --output " + at("Y.npy"));
  ASSERT_EQ(by_options.code, 0) << by_options.said;
  EXPECT_EQ(slurp(at("Y.npy")), by_keys);
}

TEST_F(Tasks, PointsOfASweepOfProductsHaveOutputsOfTheirOwn) {
  add("mvm", "[sweep]\n\"adc.bits\" = [3, 8]\n");
  const auto document = ran("run " + of("mvm"));
  EXPECT_GT(document["points"][0]["rms_error"], document["points"][1]["rms_error"]);
  EXPECT_NE(slurp(at("Y.1.npy")), slurp(at("Y.2.npy")));
  EXPECT_FALSE(std::filesystem::exists(at("Y.npy")));
}

TEST_F(Tasks, ComplaintsOfAllPointsComeAtOnceAndBeforeAnything) {
  for (const std::string task : kTasks) {
    add(task, "[sweep]\n\"adc.bits\" = [8, 99, 98]\n");
    const auto answer = run("run " + of(task) + " --json " + at("r.json"));
    EXPECT_EQ(answer.code, 2);
    for (const char* word : {"adc.bits=99", "adc.bits=98"})
      EXPECT_NE(answer.said.find(word), std::string::npos) << task << "\n" << answer.said;
    EXPECT_FALSE(std::filesystem::exists(at("r.json.partial"))) << task;
  }
  EXPECT_FALSE(std::filesystem::exists(at("Y.1.npy")));
}

}  // namespace
}  // namespace mho::testing
