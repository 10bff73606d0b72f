// mho info names what computes, and says at once what is wrong with the environment.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "mho/core/json_file.h"
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

}  // namespace
}  // namespace mho::cli
