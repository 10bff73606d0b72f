// The page of products shows the errors of every chip and point.

#include "mho/report/mvm_section.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"

namespace mho::report {
namespace {

using json = nlohmann::ordered_json;

json product(double error) {
  return {{"vectors", 3},
          {"weights", {4, 6}},
          {"arrays", 2},
          {"clipped", 0.125},
          {"relative_rms_error", error},
          {"trials", {{{"trial", 5}, {"rms_error", 0.5}, {"relative_rms_error", error}}}}};
}

TEST(MvmSection, ShowsChipsAndPoints) {
  json alone = product(0.0625);
  alone["task"] = "mvm";
  const std::string html = mvm_section(alone);
  for (const char* part : {"<td>5</td>", "<td>6.25</td>", "4×6", "12.5 %"})
    EXPECT_NE(html.find(part), std::string::npos) << part;

  json point = product(0.25);
  point["values"] = {{"adc.bits", 3}};
  const std::string swept = mvm_section(json{{"task", "mvm"}, {"points", {point}}});
  for (const char* part : {"<td>adc.bits = 3</td>", "<td>25</td>"})
    EXPECT_NE(swept.find(part), std::string::npos) << part;
}

TEST(MvmSection, IsEmptyForOthersAndRefusesDamage) {
  EXPECT_EQ(mvm_section(json{{"task", "infer"}}), "");
  EXPECT_THROW(mvm_section(json{{"task", "mvm"}}), core::InvalidInput);
  EXPECT_NE(mvm_section(json{{"task", "mvm"}, {"interrupted", true}}), "");
}

}  // namespace
}  // namespace mho::report
