#pragma once
// Highway's run-time dispatch, made to follow current_isa().
//
// A file with SIMD code includes this before <hwy/foreach_target.h>:
//
//   #undef HWY_TARGET_INCLUDE
//   #define HWY_TARGET_INCLUDE "mho/array/executors/kernel.cc"
//   #include "mho/core/simd_dispatch.h"
//   #include <hwy/foreach_target.h>
//   #include <hwy/highway.h>
//
// Then every HWY_DYNAMIC_DISPATCH of the process runs what MHO_ISA or use_isa() names: avx512 is Highway's
// AVX3, avx2 its AVX2, portable and reference its EMU128 (or SCALAR). No other
// targets are compiled.

#if defined(HIGHWAY_HWY_DETECT_TARGETS_H_) && !defined(HWY_DISABLED_TARGETS)
#error "include mho/core/simd_dispatch.h before Highway's headers"
#endif
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#endif

namespace mho::core {

/// Points Highway at the target of current_isa(); false where MHO_ISA is wrong (current_isa() says how).
/// use_isa() calls it; you need not.
bool make_highway_follow_isa();

/// Done before main() in every program that has SIMD code.
inline const bool highway_follows_isa = make_highway_follow_isa();

}  // namespace mho::core
