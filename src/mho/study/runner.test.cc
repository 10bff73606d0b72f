// The life around every task: all is checked before anything is computed, what is finished is not computed
// again, and what an interruption leaves is told apart from what is whole.

#include "mho/study/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "mho/core/error.h"
#include "mho/core/interrupt.h"
#include "mho/core/parallel.h"
#include "mho/core/runtime.h"
#include "temporary_folder.h"

namespace mho::study {
namespace {

using json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;

/// What a task of the tests was asked to do.
struct Log {
  std::atomic<int> runs = 0;
  std::vector<std::size_t> prepared;  ///< pieces, each time
  std::vector<int> threads;           ///< in use, of every point
  int interrupt_at = 0;               ///< the run during which Ctrl-C comes; 0: never
  bool by_runtime = false;            ///< what comes is no Ctrl-C: the runtime is cancelled
  bool side_by_side = false;
  std::string_view keeps_nothing = "";
};

/// Squares study.seed plus the trial; a "search" goes on until a square is above 20.
class SquarePoint : public Point {
 public:
  SquarePoint(core::Config& study, Log& log) : log_(log) {
    settings_ = read_study_settings(study, 3);
    const std::string what = study.root().table("network").text("model", "");  // a key that the task has
    search_ = what == "search";
    file_is_bad_ = what == "bad";
  }
  const StudySettings& settings() const override { return settings_; }
  void check() override {
    if (file_is_bad_) throw core::InvalidInput("the file is bad");
  }
  core::Identity identity() const override { return {}; }
  std::vector<Piece> pieces(const Work& done) const override {
    std::vector<Piece> out;
    const auto next = static_cast<std::uint32_t>(done.records.size());
    const auto piece = [&](std::uint32_t t) {
      return Piece{
          .kind = "square", .trial = t, .identity = std::to_string(settings_.seed), .is_common = true};
    };
    if (search_) {
      if (next == 0 || done.records.back().values["square"] <= 20) out.push_back(piece(next));
    } else {
      for (std::uint32_t t = next; t < settings_.trials; ++t) out.push_back(piece(t));
    }
    return out;
  }
  void prepare(std::span<const Piece> unfinished, const Reporting& /*reporting*/) override {
    log_.prepared.push_back(unfinished.size());
  }
  bool side_by_side() const override { return log_.side_by_side; }
  Record run(const Piece& piece, const Reporting& reporting) override {
    if (reporting.warn) reporting.warn("squares are small");
    const bool interrupt = ++log_.runs == log_.interrupt_at;
    if (interrupt && log_.by_runtime) core::Runtime::here().cancel();
    if (interrupt && !log_.by_runtime) core::set_interrupted(true);
    const auto root = settings_.seed + piece.trial;
    return {.piece = piece, .values = {{"square", root * root}}, .finished = !interrupt};
  }
  json summarize(const Work& work, const Reporting& /*reporting*/) override {
    log_.threads.push_back(core::thread_count());
    json squares = json::array(), whole = json::array();
    for (const auto& record : work.records) {
      squares.push_back(record.values["square"]);
      whole.push_back(record.finished);
    }
    return {{"squares", squares}, {"whole", whole}};
  }

 private:
  Log& log_;
  StudySettings settings_;
  bool search_ = false, file_is_bad_ = false;
};

class Squares : public Task {
 public:
  explicit Squares(Log& log) : log_(log) {}
  std::string_view name() const override { return "infer"; }
  std::string_view unit() const override { return "squares"; }
  std::string_view keeps_nothing_because() const override { return log_.keeps_nothing; }
  std::unique_ptr<Point> read(core::Config& study, std::size_t /*number*/) override {
    return std::make_unique<SquarePoint>(study, log_);
  }

 private:
  Log& log_;
};

class Runner : public testing::Test {
 protected:
  void TearDown() override { core::set_interrupted(false); }

  json squares(const std::string& study, const std::string& store = "", int threads = 2) {
    Squares task(log_);
    RunOptions options{.store = store, .threads = threads};
    options.reporting.warn = [&](const std::string& line) { warned_.push_back(line); };
    return study::run(task, core::Config::from_text(study, "s.toml"), options);
  }
  std::string refusal(const std::string& study, const std::string& store = "") {
    try {
      squares(study, store);
    } catch (const core::InvalidInput& error) {
      return error.what();
    }
    return "";
  }

  Log log_;
  std::vector<std::string> warned_;
  tests::TemporaryFolder folder_;
};

TEST_F(Runner, OnePointIsTheDocument) {
  const auto result = squares("[study]\nseed = 2\n");
  EXPECT_EQ(result["squares"], (json{4, 9, 16}));
  EXPECT_EQ(result["seed"], 2);
  EXPECT_EQ(result["study"]["study"]["trials"], 3) << "a default";
  EXPECT_FALSE(result.contains("points") || result.contains("interrupted"));
  EXPECT_THAT(log_.prepared, ElementsAre(3));
  EXPECT_THAT(warned_, ElementsAre("squares are small")) << "once, for three pieces";
}

TEST_F(Runner, SideBySideIsTheSame) {
  log_.side_by_side = true;
  EXPECT_EQ(squares("[study]\nseed = 2\ntrials = 40\n")["squares"][39], 41 * 41);
  EXPECT_EQ(log_.runs, 40);
}

TEST_F(Runner, TheTaskThatRanStandsInTheStudy) {
  EXPECT_EQ(squares("task = 'cost'\n")["study"]["task"], "infer");
  EXPECT_EQ(squares("")["study"]["task"], "infer");
  EXPECT_THAT(refusal("[sweep]\ntask = ['infer', 'cost']\n"), HasSubstr("no point has one of its own"));
  EXPECT_THAT(refusal("task = 'infr'\n"), HasSubstr("s.toml:1: task = 'infr': must be one of"));
}

TEST_F(Runner, AllPointsAreCheckedBeforeTheFirstIsComputed) {
  const auto said = refusal(
      "[network]\nbad = 1\n[sweep]\n'study.trials' = [1, -1, -2]\n'network.model' = [\"good\", \"bad\"]\n");
  EXPECT_THAT(said, HasSubstr("study.trials=-1"));
  EXPECT_THAT(said, HasSubstr("study.trials=-2"));
  const auto first = said.find("s.toml:2: network.bad: unknown key");
  EXPECT_NE(first, std::string::npos) << said;
  EXPECT_EQ(said.find("network.bad", first + 20), std::string::npos) << "said once for six points:\n" << said;
  EXPECT_THAT(refusal("[sweep]\n'study.seed' = [1, 2]\n'network.model' = [\"good\", \"bad\"]\n"),
              "the file is bad");
  EXPECT_EQ(log_.runs, 0);
}

TEST_F(Runner, WhatIsFinishedIsNotComputedAgain) {
  const auto store = folder_.file("s.sqlite");
  const auto first = squares("[study]\ntrials = 2\n", store);
  EXPECT_EQ(log_.runs, 2);
  EXPECT_EQ(squares("[study]\ntrials = 4\n", store)["squares"], (json{1, 4, 9, 16}));
  EXPECT_EQ(log_.runs, 4) << "two trials were there";
  EXPECT_THAT(log_.prepared, ElementsAre(2, 2));
  squares("[study]\ntrials = 4\n", store);
  EXPECT_THAT(log_.prepared, ElementsAre(2, 2)) << "nothing was left to prepare for";
  squares("[sweep]\n'study.seed' = [1, 5, 5]\n", "");
  EXPECT_EQ(log_.runs, 4 + 3 + 3) << "points of one identity share their pieces";
}

TEST_F(Runner, AStudyWithMistakesLeavesNoStore) {
  refusal("[study]\nseeed = 1\n", folder_.file("s.sqlite"));
  EXPECT_FALSE(std::filesystem::exists(folder_.file("s.sqlite")));
}

TEST_F(Runner, AStoreForATaskThatKeepsNothingIsRefused) {
  log_.keeps_nothing = "squares are soon made";
  EXPECT_THAT(refusal("", folder_.file("s.sqlite")), HasSubstr("squares are soon made"));
  EXPECT_EQ(squares("")["squares"].size(), 3);
}

TEST_F(Runner, ASearchSaysItsNextPieceByWhatItSaw) {
  EXPECT_EQ(squares("[network]\nmodel = \"search\"\n")["squares"], (json{1, 4, 9, 16, 25}));
}

TEST_F(Runner, AnInterruptionKeepsWhatIsFinished) {
  const auto store = folder_.file("s.sqlite");
  log_.interrupt_at = 2;
  const auto partial = squares("[sweep]\n'study.seed' = [1, 7]\n", store);
  EXPECT_TRUE(partial["interrupted"]);
  ASSERT_EQ(partial["points"].size(), 1) << "the second point was not reached";
  EXPECT_EQ(partial["points"][0]["squares"], (json{1, 4}));
  EXPECT_EQ(partial["points"][0]["whole"], (json{true, false}));
  core::set_interrupted(false);
  log_.interrupt_at = 0;
  const auto whole = squares("[sweep]\n'study.seed' = [1, 7]\n", store);
  EXPECT_EQ(log_.runs, 2 + 2 + 3) << "the unfinished piece again, the finished one not";
  EXPECT_FALSE(whole.contains("interrupted"));
  EXPECT_EQ(whole["points"][1]["squares"], (json{49, 64, 81}));
}

TEST_F(Runner, ThreadsAreThoseAskedForWhileItRuns) {
  const core::Runtime::Use use(core::Runtime({.threads = 5}));
  squares("[sweep]\n'study.threads' = [3, 4]\n");
  EXPECT_THAT(log_.threads, ElementsAre(2, 2)) << "what is asked for wins over the study";
  squares("[sweep]\n'study.threads' = [3, 4]\n", "", 0);
  EXPECT_THAT(log_.threads, ElementsAre(2, 2, 3, 4));
  EXPECT_EQ(core::thread_count(), 5) << "the caller's are as they were";
}

TEST_F(Runner, ACancelledRuntimeEndsItsOwnRunAlone) {
  core::Runtime stopped({.threads = 3});
  log_.interrupt_at = 2;
  log_.by_runtime = true;
  {
    const core::Runtime::Use use(stopped);
    const auto partial = squares("");
    EXPECT_TRUE(partial["interrupted"]);
    EXPECT_EQ(partial["squares"], (json{1, 4}));
  }
  EXPECT_TRUE(stopped.is_cancelled()) << "the run's threads are others, its end is the caller's";
  EXPECT_EQ(squares("")["squares"], (json{1, 4, 9})) << "another runtime goes on";
  stopped.resume();
  const core::Runtime::Use use(stopped);
  EXPECT_FALSE(squares("").contains("interrupted"));
}

TEST_F(Runner, PointsOfASweepAreNamed) {
  const auto result = squares("[sweep]\n'study.seed' = [1, 7]\n");
  EXPECT_EQ(result["points"][1]["values"], (json{{"study.seed", 7}}));
  EXPECT_EQ(result["points"][1]["study"]["study"]["seed"], 7);
  EXPECT_EQ(result["study"]["sweep"], (json{{"study.seed", {1, 7}}}));
  EXPECT_FALSE(result.contains("squares"));
}

}  // namespace
}  // namespace mho::study
