// What runs is what was compiled for the instruction set of the calling thread's runtime.

#include <gtest/gtest.h>

#include <cstdint>

#include "mho/core/runtime.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/core/simd_dispatch.test.cc"
// clang-format off
#include "mho/core/simd_dispatch.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace mho::core::HWY_NAMESPACE {
std::int64_t CompiledFor() { return HWY_TARGET; }
}  // namespace mho::core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::core {
HWY_EXPORT(CompiledFor);
namespace {

TEST(SimdDispatch, FollowsTheRuntime) {
  for (const Isa isa : available_isas()) {
    const Runtime::Use use(Runtime({.isa = isa}));
    const std::int64_t target = dispatched(HWY_DISPATCH_TABLE(CompiledFor))();
    EXPECT_NE(target & highway_targets(isa), 0) << name(isa) << " ran " << target;
  }
}

}  // namespace
}  // namespace mho::core
#endif
