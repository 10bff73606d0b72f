// The device verbs as a user meets them: files in, files out, one clear line where something is wrong.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mho/core/files.h"
#include "mho/core/npy.h"
#include "temporary_folder.h"

namespace mho {
namespace {

using testing::HasSubstr;

struct Answer {
  int code = -1;
  std::string text;  // both outputs
};

Answer mho(const std::string& arguments) {
  Answer answer;
  FILE* pipe = popen((std::string(MHO_PROGRAM) + " " + arguments + " 2>&1").c_str(), "r");
  if (!pipe) return answer;
  std::array<char, 4096> buffer{};
  std::size_t n = 0;
  while ((n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) answer.text.append(buffer.data(), n);
  answer.code = WEXITSTATUS(pclose(pipe));
  return answer;
}

std::string text_of(const std::string& path) {
  const auto bytes = core::read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(DeviceVerb, ListsAndShowsCards) {
  const auto list = mho("device list");
  EXPECT_EQ(list.code, 0);
  for (const char* name : {"ideal", "taox", "sonos-40nm", "pcm-joshi", "enode", "ecram-li"})
    EXPECT_THAT(list.text, HasSubstr(name));
  const auto card = mho("device show pcm-joshi");
  EXPECT_EQ(card.code, 0);
  EXPECT_THAT(card.text, HasSubstr("doi 10.1038/s41467-020-16108-9"));
  const auto wrong = mho("device show pcm-josi");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.text, HasSubstr("did you mean \"pcm-joshi\""));
}

TEST(DeviceVerb, SamplesCells) {
  const tests::TemporaryFolder folder;
  const std::vector<float> targets{0.1f, 0.5f, 1.0f};
  core::write_npy<float>(folder.file("G.npy"), std::array<std::size_t, 1>{3}, targets);
  const auto answer = mho("device sample taox --targets " + folder.file("G.npy") + " --draws 5 --output " +
                          folder.file("S.npy"));
  ASSERT_EQ(answer.code, 0) << answer.text;
  const auto cells = core::read_npy_matrix<float>(folder.file("S.npy"));
  EXPECT_EQ(cells.rows, 5u);
  EXPECT_EQ(cells.cols, 3u);
  EXPECT_NEAR(cells(4, 1), 0.5f, 0.1f);
  EXPECT_NE(cells(4, 1), cells(3, 1));

  const auto refused = mho("device sample taox --targets " + folder.file("G.npy") +
                           " --draws 5 --time-s 5 --output " + folder.file("T.npy"));
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.text, HasSubstr("no retention model"));
  EXPECT_FALSE(std::filesystem::exists(folder.file("T.npy")));
}

TEST(DeviceVerb, StepsCells) {
  const tests::TemporaryFolder folder;
  const std::vector<double> state{4e-4, 6e-4}, request{5e-6, -5e-6};
  core::write_npy<double>(folder.file("G.npy"), std::array<std::size_t, 1>{2}, state);
  core::write_npy<double>(folder.file("D.npy"), std::array<std::size_t, 1>{2}, request);
  const auto answer = mho("device step enode --state " + folder.file("G.npy") + " --request " +
                          folder.file("D.npy") + " --draws 500 --output " + folder.file("S.npy"));
  ASSERT_EQ(answer.code, 0) << answer.text;
  const auto change = core::read_npy_matrix<double>(folder.file("S.npy"));
  ASSERT_EQ(change.rows, 500u);
  double up = 0, down = 0;
  for (std::size_t r = 0; r < 500; ++r) {
    up += change(r, 0) / 500;
    down += change(r, 1) / 500;
  }
  EXPECT_GT(up, 4e-6);
  EXPECT_LT(down, -4e-6);
  EXPECT_EQ(mho("device step pcm-joshi --state " + folder.file("G.npy") + " --request " +
                folder.file("D.npy") + " --draws 1 --output x.npy")
                .code,
            2);
}

TEST(DeviceVerb, DrawsEveryCard) {
  const tests::TemporaryFolder folder;
  for (const char* name : {"taox", "sonos-40nm", "pcm-hermes", "hfo2-milo-nonlinear", "reram-es"}) {
    const auto answer = mho(std::string("device plot ") + name + " --output " + folder.file("x.svg"));
    ASSERT_EQ(answer.code, 0) << name << answer.text;
    EXPECT_THAT(
        text_of(folder.file("x.svg")),
        testing::AllOf(testing::StartsWith("<svg"), HasSubstr("</svg>"), testing::Not(HasSubstr("nan"))));
  }
  EXPECT_EQ(mho("device plot ideal").code, 2);
}

// A card made from pulse trains can be used at once.
TEST(DeviceVerb, FitsACardThatCanBeUsed) {
  const tests::TemporaryFolder folder;
  std::string set = "a,b\n", reset = "a,b\n";
  for (int k = 0; k < 60; ++k) {
    const double noise = 2e-7 * ((k * 7919) % 13 - 6) / 6, up = 5e-5 * (1 - std::exp(-k / 30.0)),
                 down = 4e-5 * std::exp(-k / 25.0);
    set += fmt::format("{},{}\n", 2e-5 + up + noise, 2.1e-5 + up - noise);
    reset += fmt::format("{},{}\n", 2e-5 + down + noise, 2.1e-5 + down - noise);
  }
  core::write_file(folder.file("set.csv"), set);
  core::write_file(folder.file("reset.csv"), reset);
  const auto answer = mho("device fit --unit siemens --set " + folder.file("set.csv") + " --reset " +
                          folder.file("reset.csv") + " --name mine --folder " + folder.path().string() +
                          " --json " + folder.file("fit.json"));
  ASSERT_EQ(answer.code, 0) << answer.text;
  EXPECT_THAT(text_of(folder.file("mine.svg")), HasSubstr("</svg>"));
  const auto fit = nlohmann::json::parse(text_of(folder.file("fit.json")));
  EXPECT_NE(fit["models"][0]["model"], "constant");
  const std::vector<double> state{4e-5}, request{1e-6};
  core::write_npy<double>(folder.file("G.npy"), std::array<std::size_t, 1>{1}, state);
  core::write_npy<double>(folder.file("D.npy"), std::array<std::size_t, 1>{1}, request);
  const auto step =
      mho("device step " + folder.file("mine.toml") + " --state " + folder.file("G.npy") + " --request " +
          folder.file("D.npy") + " --draws 10 --output " + folder.file("S.npy"));
  EXPECT_EQ(step.code, 0) << step.text;

  core::write_file(folder.file("set.csv"), set + "1e-5,oops\n");
  const auto bad = mho("device fit --set " + folder.file("set.csv") + " --reset " + folder.file("reset.csv"));
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.text, HasSubstr("set.csv:62: column 2: \"oops\" is no number"));
}

}  // namespace
}  // namespace mho
