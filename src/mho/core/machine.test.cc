// What results record about the machine is what the system says.

#include "mho/core/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/json_file.h"
#include "temporary_folder.h"

namespace mho::core {
namespace {

TEST(Machine, SaysWhatIsThere) {
  const Machine machine = this_machine();
  EXPECT_FALSE(machine.processor.empty());
  EXPECT_GE(machine.cores, 1);
  EXPECT_LE(machine.cores, static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_GE(machine.threads, 1);
  EXPECT_NE(std::find(machine.isas.begin(), machine.isas.end(), machine.isa), machine.isas.end());
  EXPECT_GT(machine.memory_bytes, std::uint64_t{64} << 20);
  EXPECT_LE(machine.available_bytes, machine.memory_bytes);
  EXPECT_EQ(as_json(machine)["isa"], name(machine.isa));
}

TEST(JsonFile, ComesBack) {
  const tests::TemporaryFolder folder;
  const nlohmann::json document = {{"a", {1, 2.5, nullptr}}, {"b", "µS"}};
  write_json_file(folder.file("a.json"), document);
  EXPECT_EQ(read_json_file(folder.file("a.json")), document);
}

TEST(JsonFile, WhatJsonDoesNotKnowBecomesNull) {
  const tests::TemporaryFolder folder;
  write_json_file(folder.file("a.json"),
                  {{"nan", std::numeric_limits<double>::quiet_NaN()}, {"bytes", "\xff.jpg"}});
  const auto read = read_json_file(folder.file("a.json"));
  EXPECT_TRUE(read["nan"].is_null());
  EXPECT_EQ(read["bytes"], "\xef\xbf\xbd.jpg");
}

TEST(JsonFile, DamageIsNamedWithItsByte) {
  const tests::TemporaryFolder folder;
  write_file(folder.file("a.json"), std::string_view("{\"a\": 1,}"));
  try {
    read_json_file(folder.file("a.json"));
    FAIL();
  } catch (const InvalidInput& error) {
    EXPECT_NE(std::string(error.what()).find("a.json: not valid JSON at byte 9"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace mho::core
