// The same study opens the same files in every verb, from wherever it is run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "onnx_bytes.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;
using mho::testing::run;
using mho::testing::slurp;
using mho::testing::some_floats;
using mho::testing::spill;
using mho::testing::Workshop;
using testing::HasSubstr;

class FindingFiles : public Workshop {
 protected:
  /// The weights of the network that a verb opened.
  std::size_t weights(const std::string& verb, const std::string& before) const {
    const auto answer = run(verb + " " + at("study.toml") + " --json " + at("r.json"), MHO_PROGRAM,
                            "cd " + at("here") + ";" + before);
    EXPECT_EQ(answer.code, 0) << answer.said;
    return result()["network"]["weights"];
  }
  void a_network(const std::string& place, unsigned outputs) const {
    fs::create_directories(at(place));
    spill(at(place + "/dense.onnx"), mho::testing::dense_with_external_weights(64, outputs, "w.bin"));
    spill(at(place + "/w.bin"), some_floats(64UL * outputs, 1));
  }
};

TEST_F(FindingFiles, EveryVerbOpensTheNetworkBesideTheStudyFirst) {
  a_network("here", 12);
  a_network("data", 14);
  spill(at("study.toml"), study("images.csv", "dense.onnx"));
  const std::string data = "MHO_DATA=" + at("data") + " ";
  for (const char* verb : {"infer", "cost"}) EXPECT_EQ(weights(verb, data), 64 * 12) << verb;
  a_network(".", 10);
  for (const char* verb : {"infer", "cost"}) EXPECT_EQ(weights(verb, data), 64 * 10) << verb;
  fs::remove(at("dense.onnx"));
  fs::remove(at("here/dense.onnx"));
  for (const char* verb : {"infer", "cost"}) EXPECT_EQ(weights(verb, data), 64 * 14) << verb;
}

TEST_F(FindingFiles, AFileOfThisFolderIsNoCard) {
  a_network("here", 10);
  spill(at("study.toml"), study("images.csv", "dense.onnx"));
  for (const char* name : {"14nm", "reram", "taox", "taox.toml"})
    spill(at(std::string("here/") + name), "no card");
  for (const char* verb : {"infer", "cost"}) EXPECT_EQ(weights(verb, ""), 640) << verb;
}

TEST_F(FindingFiles, TheErrorSaysWhereItWasLookedFor) {
  spill(at("study.toml"), study("images.csv", "nowhere.onnx"));
  fs::create_directories(at("here"));
  for (const char* verb : {"infer", "cost"}) {
    const auto answer = run(std::string(verb) + " " + at("study.toml"), MHO_PROGRAM,
                            "cd " + at("here") + "; unset MHO_DATA;");
    EXPECT_EQ(answer.code, 2);
    EXPECT_THAT(answer.said, HasSubstr(at("nowhere.onnx") + ", nowhere.onnx; MHO_DATA is not set")) << verb;
  }
}

TEST(TheProgram, KnowsNoPathOfTheMachineThatBuiltIt) {
  EXPECT_EQ(slurp(MHO_PROGRAM).find(std::string(MHO_SOURCE_DIR) + "/cards"), std::string::npos);
}

}  // namespace
