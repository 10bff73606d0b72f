// mho info names what computes, and says at once what is wrong with the environment.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "mho/core/json_file.h"
#include "mho/study/key_registry.h"
#include "temporary_folder.h"

namespace mho::cli {
namespace {

struct Answer {
  int code = -1;
  std::string text;
};

Answer run(const std::string& environment, const std::string& arguments) {
  const std::string command = environment + " " MHO_PROGRAM " " + arguments + " 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");  // NOLINT(cert-env33-c): a program of this build
  Answer answer;
  std::array<char, 4096> part{};
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;)
    answer.text.append(part.data(), n);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) answer.code = WEXITSTATUS(status);
  return answer;
}

TEST(Info, NamesWhatComputes) {
  const tests::TemporaryFolder folder;
  const Answer answer = run("MHO_ISA=portable", "info --json " + folder.file("info.json"));
  EXPECT_EQ(answer.code, 0);
  EXPECT_THAT(answer.text, testing::HasSubstr("portable*"));
  EXPECT_THAT(answer.text, testing::HasSubstr("oneDNN        2."));
  const auto document = core::read_json_file(folder.file("info.json"));
  EXPECT_EQ(document["machine"]["isa"], "portable");
  EXPECT_EQ(document["machine"]["vnni"], false);
  EXPECT_GT(document["machine"]["memory_bytes"], 0);
}

TEST(Info, SaysWhatIsWrongWithTheEnvironment) {
  const Answer answer = run("MHO_ISA=mmx", "info");
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.text, testing::HasSubstr("mho: MHO_ISA = mmx: this machine has reference, portable"));
}

TEST(Info, AnAnswerThatCannotBeWrittenIsAFailureOfTheSystem) {
  const Answer answer = run("", "info --json /nowhere/info.json");
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.text, testing::HasSubstr("/nowhere/info.json: can't be written"));
}

// The list that references and schemas are made from, for people and as JSON.
TEST(Info, ListsEveryKeyOfAStudy) {
  const tests::TemporaryFolder folder;
  const Answer answer = run("", "info --keys --json " + folder.file("keys.json"));
  EXPECT_EQ(answer.code, 0);
  const auto keys = core::read_json_file(folder.file("keys.json"))["keys"];
  ASSERT_EQ(keys.size(), study::study_keys().size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto& facts = study::study_keys()[i].facts;
    EXPECT_EQ(keys[i]["name"], facts.name);
    EXPECT_NE(keys[i]["meaning"], "") << facts.name;
    EXPECT_THAT(answer.text, testing::HasSubstr("\n    " + facts.meaning)) << facts.name;
  }
  EXPECT_THAT(answer.text, testing::HasSubstr("adc.bits = 8  [bit]\n    resolution of the converters\n"
                                              "    whole number from 1 to 16\n"));
  const auto find = [&](const std::string& name) {
    return *std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key["name"] == name; });
  };
  EXPECT_EQ(find("adc.bits")["infer"], "acts");
  EXPECT_EQ(find("adc.bits")["allowed"], nlohmann::json({{"min", 1}, {"max", 16}}));
  EXPECT_TRUE(find("training.epochs")["mvm"].contains("meaningless"));
}

}  // namespace
}  // namespace mho::cli
