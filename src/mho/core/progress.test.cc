// Progress says what is true: what is done, how fast, how long it takes from here.

#include "mho/core/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>

namespace mho::core {
namespace {

using testing::HasSubstr;

TEST(Progress, RateAndTimeLeft) {
  EXPECT_EQ(progress_text("resnet20", "images", 1000, 10000, 100),
            "resnet20: 1000 of 10000 images, 10 %, 100/s, 90 s left");
  EXPECT_EQ(progress_text("a", "trials", 1, 100, 0.05), "a: 1 of 100 trials, 1 %, 0.05/s, 33 min left");
  EXPECT_EQ(progress_text("a", "trials", 0, 72, 0.001), "a: 0 of 72 trials, 0 %, 0.001/s, 20 h 0 min left");
  EXPECT_EQ(progress_text("a", "trials", 0, 10, 0), "a: 0 of 10 trials, 0 %");
  EXPECT_EQ(progress_text("a", "pulses", 7, 0, 2), "a: 7 pulses, 2/s");
  EXPECT_EQ(progress_text("a", "images", 10, 10, 5), "a: 10 of 10 images, 100 %, 5/s");
}

struct Output {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
  std::string text() const {
    std::string all(static_cast<std::size_t>(std::ftell(file.get())), ' ');
    std::rewind(file.get());
    all.resize(std::fread(all.data(), 1, all.size(), file.get()));
    return all;
  }
};

TEST(Progress, PlainLinesWhereThereIsNoTerminal) {
  const Output out;
  EXPECT_FALSE(progress_style(out.file.get()).in_place);
  {
    Progress progress("a", "images", out.file.get(), {.in_place = false, .colour = false, .every_s = 0});
    progress.report(1, 3);
    progress.report(3, 3);
  }
  EXPECT_THAT(out.text(), testing::StartsWith("a: 1 of 3 images, 33 %\na: 3 of 3 images, 100 %"));
}

TEST(Progress, QuietWithinTheInterval) {
  const Output out;
  {
    Progress progress("a", "images", out.file.get(), {.in_place = false, .colour = false, .every_s = 100});
    for (std::size_t i = 0; i < 1000; ++i) progress.report(i, 1000);
  }
  EXPECT_EQ(out.text(), "");
}

TEST(Progress, OneLineInPlaceThatIsClearedAtTheEnd) {
  const Output out;
  {
    Progress progress("a", "images", out.file.get(), {.in_place = true, .colour = false, .every_s = 0});
    progress.report(0, 2);
    progress.report(2, 2);
  }
  const std::string text = out.text();
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\x1b[K"));
  EXPECT_EQ(text.find("\x1b[2m"), std::string::npos);
}

TEST(Progress, AnyThreadMayReport) {
  const Output out;
  {
    Progress progress("a", "images", out.file.get(), {.in_place = false, .colour = false, .every_s = 0});
    std::thread other([&] {
      for (std::size_t i = 0; i < 100; ++i) progress.report(i, 100);
    });
    for (std::size_t i = 0; i < 100; ++i) progress.report(i, 100);
    other.join();
  }
  const std::string text = out.text();
  EXPECT_GE(std::count(text.begin(), text.end(), '\n'), 200);
}

}  // namespace
}  // namespace mho::core
