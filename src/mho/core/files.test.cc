// A file is there whole or not at all.

#include "mho/core/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "mho/core/error.h"
#include "temporary_folder.h"

namespace mho::core {
namespace {

std::string text_of(const std::string& path) {
  const Bytes bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

TEST(Files, WhatIsWrittenIsRead) {
  const tests::TemporaryFolder folder;
  write_file(folder.file("a"), std::string_view("first"));
  write_file(folder.file("a"), std::string_view("second, longer"));
  EXPECT_EQ(text_of(folder.file("a")), "second, longer");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(Files, WithoutCommitTheOldFileStays) {
  const tests::TemporaryFolder folder;
  write_file(folder.file("a"), std::string_view("old"));
  {
    AtomicFile file(folder.file("a"));
    file.write("new, but never finished");
  }
  EXPECT_EQ(text_of(folder.file("a")), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(Files, ALinkStaysALink) {
  const tests::TemporaryFolder folder;
  write_file(folder.file("real"), std::string_view("old"));
  std::filesystem::create_symlink("real", folder.file("link"));
  write_file(folder.file("link"), std::string_view("new"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link")));
  EXPECT_EQ(text_of(folder.file("real")), "new");
}

TEST(Files, NewFilesHaveTheModeOfTheUsersMask) {
  const tests::TemporaryFolder folder;
  const mode_t mask = ::umask(027);
  write_file(folder.file("a"), std::string_view("x"));
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat(folder.file("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

/// A limit on the size of files stands in for a full disk: write() fails half way.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(Files, AFullDiskLeavesTheOldFileAndNothingTorn) {
  const tests::TemporaryFolder folder;
  write_file(folder.file("a"), std::string_view("old"));
  {
    const FullDisk disk(1000);
    EXPECT_THROW(write_file(folder.file("a"), std::string(5000, 'x')), SystemFailure);
  }
  EXPECT_EQ(text_of(folder.file("a")), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(Files, DevicesAreWrittenNotReplaced) {
  write_file("/dev/null", std::string_view("x"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  if (std::filesystem::exists("/dev/full")) {
    EXPECT_THROW(write_file("/dev/full", std::string_view("x")), SystemFailure);
  }
}

TEST(Files, PathsThatCannotBeWrittenAreNamed) {
  const tests::TemporaryFolder folder;
  try {
    write_file(folder.file("absent/a"), std::string_view("x"));
    FAIL();
  } catch (const SystemFailure& error) {
    EXPECT_NE(std::string(error.what()).find("absent/a"), std::string::npos);
  }
  EXPECT_THROW(write_file(folder.path().string(), std::string_view("x")), SystemFailure);
}

TEST(Files, PathsThatCannotBeReadAreNamed) {
  const tests::TemporaryFolder folder;
  EXPECT_THROW(read_file(folder.file("absent")), InvalidInput);
  EXPECT_THROW(read_file(folder.path().string()), InvalidInput);
  EXPECT_THROW(read_file("/dev/zero"), InvalidInput);
  write_file(folder.file("a"), std::string(100, 'x'));
  EXPECT_THROW(read_file(folder.file("a"), 99), InvalidInput);
  Bytes ten(10);
  EXPECT_THROW(RandomAccessFile(folder.file("a")).read(95, ten), InvalidInput);
}

}  // namespace
}  // namespace mho::core
