// What was kept is there again after the file is closed and opened, and a wrong file is named as such.

#include "mho/study/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"

namespace mho::study {
namespace {

std::string scratch_file(const std::string& name) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("mho_store_" + name + ".sqlite");
  std::filesystem::remove(path);
  return path;
}

TEST(Store, RecordsOutliveTheProcess) {
  const auto path = scratch_file("outlive");
  {
    Store store(path);
    EXPECT_FALSE(store.find("p", "chip", 3));
    store.keep("p", "chip", 3, {{"top1", 42}});
    store.keep("q", "chip", 3, {{"top1", 1}});
    store.keep("p", "chip", 3, {{"top1", 43}});  // the later one counts
  }
  const Store again(path);
  ASSERT_TRUE(again.find("p", "chip", 3));
  EXPECT_EQ((*again.find("p", "chip", 3))["top1"], 43);
  EXPECT_EQ((*again.find("q", "chip", 3))["top1"], 1);
  EXPECT_FALSE(again.find("p", "float", 3));
  EXPECT_EQ(again.count("p"), 1);
}

TEST(Store, AFileThatIsNoStoreIsRefused) {
  const auto path = scratch_file("garbage");
  std::ofstream(path) << std::string(4096, 'x');
  EXPECT_THROW(Store{path}, core::InvalidInput);
}

TEST(Store, AFolderHoldsItsStore) {
  const auto folder = scratch_file("folder");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  Store(folder).keep("p", "chip", 0, {{"top1", 42}});
  EXPECT_TRUE(Store(folder).find("p", "chip", 0));
  EXPECT_TRUE(Store(folder + "/results.sqlite").find("p", "chip", 0));
  std::filesystem::remove_all(folder);
}

/// Why a database that was made by these statements is refused.
std::string refusal(const std::string& path, const char* statements) {
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  sqlite3_exec(database, statements, nullptr, nullptr, nullptr);
  sqlite3_close(database);
  try {
    const Store store(path);
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

TEST(Store, AnotherVersionsStoreIsRefusedByName) {
  // As mho 0.1 made them: no version in the file.
  EXPECT_THAT(refusal(scratch_file("old"),
                      "CREATE TABLE records (point TEXT, kind TEXT, trial INTEGER, record TEXT,"
                      " PRIMARY KEY (point, kind, trial));"
                      "CREATE TABLE points (point TEXT PRIMARY KEY, label TEXT, study TEXT)"),
              testing::HasSubstr("is a store of mho 0.1"));
  EXPECT_THAT(refusal(scratch_file("newer"), "PRAGMA user_version = 1000"),
              testing::HasSubstr("another version of mho (format 1000"));
  EXPECT_THAT(refusal(scratch_file("other"), "CREATE TABLE cities (name TEXT)"),
              testing::HasSubstr("no store of trials"));
}

TEST(Store, AFolderThatIsNotThereIsASystemFailure) {
  EXPECT_THROW(Store{scratch_file("nowhere") + "/deeper/s.sqlite"}, core::SystemFailure);
}

}  // namespace
}  // namespace mho::study
