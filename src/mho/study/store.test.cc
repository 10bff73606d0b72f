// What was kept is there again after the file is closed and opened, and a wrong file is named as such.

#include "mho/study/store.h"

#include <gtest/gtest.h>

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

TEST(Store, AFolderThatIsNotThereIsASystemFailure) {
  EXPECT_THROW(Store{scratch_file("nowhere") + "/deeper/s.sqlite"}, core::SystemFailure);
}

TEST(Fingerprint, DependsOnEveryByteAndOnWhereAPartEnds) {
  const auto of = [](std::initializer_list<const char*> parts) {
    Fingerprint f;
    for (const char* part : parts) f.feed(part);
    return f.text();
  };
  EXPECT_EQ(of({"ab", "c"}), of({"ab", "c"}));
  EXPECT_NE(of({"ab", "c"}), of({"a", "bc"}));
  EXPECT_NE(of({"abc"}), of({"abd"}));
}

}  // namespace
}  // namespace mho::study
