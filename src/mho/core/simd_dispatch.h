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
//   …
//   HWY_EXPORT(Decay);
//   void decay(…) { dispatched(HWY_DISPATCH_TABLE(Decay))(…); }
//
// calls the one that is compiled for the instruction set of the calling thread's runtime (current_isa()):
// avx512 is Highway's AVX3, avx2 its AVX2, portable and reference its EMU128 (or SCALAR). No other targets
// are compiled. HWY_DYNAMIC_DISPATCH would ask a choice that Highway keeps for the whole process.

#if defined(HIGHWAY_HWY_DETECT_TARGETS_H_) && !defined(HWY_DISABLED_TARGETS)
#error "include mho/core/simd_dispatch.h before Highway's headers"
#endif
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#endif
// After the macro, which decides what Highway compiles.
#include <hwy/base.h>
#include <hwy/targets.h>

#include <cstddef>
#include <cstdint>

#include "mho/core/isa.h"

namespace mho::core {

/// Highway's targets that implement it.
std::int64_t highway_targets(Isa isa);

/// Of a table that HWY_EXPORT made, the function for current_isa().
template <typename Function, std::size_t entries>
Function dispatched(const Function (&table)[entries]) {
  if constexpr (entries == 1) return table[0];  // only one target is compiled
  const std::int64_t fitting =
      HWY_CHOSEN_TARGET_SHIFT(highway_targets(current_isa())) | HWY_CHOSEN_TARGET_MASK_SCALAR;
  return table[hwy::Num0BitsBelowLS1Bit_Nonzero64(
      static_cast<std::uint64_t>(fitting & HWY_CHOSEN_TARGET_MASK_TARGETS))];
}

}  // namespace mho::core
