// The SIMD target that is named is the one that runs.

#include "mho/core/isa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "mho/core/error.h"

namespace mho::core {
namespace {

TEST(Isa, ThePlainOnesAreEverywhereAndTheFastestComesLast) {
  const auto there = available_isas();
  ASSERT_GE(there.size(), 2u);
  EXPECT_EQ(there[0], Isa::reference);
  EXPECT_EQ(there[1], Isa::portable);
  EXPECT_TRUE(std::is_sorted(there.begin(), there.end()));
}

TEST(Isa, TheOneThatIsAskedForIsInUse) {
  const Isa before = current_isa();
  for (const Isa isa : available_isas()) {
    use_isa(isa);
    EXPECT_EQ(current_isa(), isa);
    EXPECT_TRUE(has_vnni() ? isa == Isa::avx512 : true);
  }
  use_isa(before);
}

int exit_code_of_portable() { return current_isa() == Isa::portable ? 0 : 1; }

int exit_code_of_complaint() {
  try {
    current_isa();
  } catch (const InvalidInput& error) {
    std::fprintf(stderr, "%s", error.what());
    return 2;
  }
  return 1;
}

// The "threadsafe" style starts the program anew, so that it reads the environment as a user's would.
TEST(IsaDeathTest, TheEnvironmentChooses) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const char* before = std::getenv("MHO_ISA");
  const std::string kept = before ? before : "";
  setenv("MHO_ISA", "portable", 1);
  EXPECT_EXIT(std::exit(exit_code_of_portable()), testing::ExitedWithCode(0), "");
  setenv("MHO_ISA", "avx3", 1);
  EXPECT_EXIT(std::exit(exit_code_of_complaint()), testing::ExitedWithCode(2),
              "MHO_ISA = avx3: this machine has reference, portable");
  setenv("MHO_ISA", kept.c_str(), 1);
}

}  // namespace
}  // namespace mho::core
