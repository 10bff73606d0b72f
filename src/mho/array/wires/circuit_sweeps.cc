#include "mho/array/wires/circuit_sweeps.h"

#include <algorithm>

// One source for every SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/wires/circuit_sweeps-inl.h"
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include "hwy/foreach_target.h"
// foreach_target has compiled all other targets; this compiles the static one.
#include "mho/array/wires/circuit_sweeps-inl.h"

namespace mho::array {

template <typename T>
const Sweeps<T>& sweeps(core::Isa isa) {
#if HWY_TARGETS & HWY_AVX3
  if (isa == core::Isa::avx512) return N_AVX3::table<T>();
#endif
#if HWY_TARGETS & HWY_AVX2
  if (isa >= core::Isa::avx2) return N_AVX2::table<T>();
#endif
  (void)isa;
  return HWY_STATIC_DISPATCH(table<T>());
}

template const Sweeps<float>& sweeps<float>(core::Isa);
template const Sweeps<double>& sweeps<double>(core::Isa);

}  // namespace mho::array
