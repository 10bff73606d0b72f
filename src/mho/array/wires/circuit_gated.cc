#include "mho/array/wires/circuit_gated.h"

// One source for every SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/wires/circuit_gated-inl.h"
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include "hwy/foreach_target.h"
// foreach_target has compiled all other targets; this compiles the static one.
#include "mho/array/wires/circuit_gated-inl.h"

namespace mho::array {

const GatedSweeps& gated_sweeps(core::Isa isa) {
#if HWY_TARGETS & HWY_AVX3
  if (isa == core::Isa::avx512) return N_AVX3::gated_table();
#endif
#if HWY_TARGETS & HWY_AVX2
  if (isa >= core::Isa::avx2) return N_AVX2::gated_table();
#endif
  (void)isa;
  return HWY_STATIC_DISPATCH(gated_table());
}

}  // namespace mho::array
