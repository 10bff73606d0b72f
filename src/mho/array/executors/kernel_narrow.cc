#include "mho/array/executors/kernel_narrow.h"

#include <algorithm>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/executors/kernel_narrow.cc"
// clang-format off
#include "mho/core/simd_dispatch.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace mho::array::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F = HWY_FULL(float);
using VF = hn::Vec<F>;
inline constexpr std::size_t kLanes = hn::MaxLanes(F());

/// Answers of one vector register of vectors, column after column.
template <std::size_t N>
HWY_INLINE void StoreAnswers(const VF (&column)[N], std::size_t vectors, std::size_t stride,
                             float* HWY_RESTRICT answers) {
  const F d;
  if constexpr (N >= 2 && N <= 4) {
    if (vectors == kLanes && stride == N) {
      if constexpr (N == 2) hn::StoreInterleaved2(column[0], column[1], d, answers);
      if constexpr (N == 3) hn::StoreInterleaved3(column[0], column[1], column[2], d, answers);
      if constexpr (N == 4) hn::StoreInterleaved4(column[0], column[1], column[2], column[3], d, answers);
      return;
    }
  }
  alignas(64) float there[N][kLanes];
  for (std::size_t c = 0; c < N; ++c) hn::Store(column[c], d, there[c]);
  for (std::size_t v = 0; v < vectors; ++v, answers += stride) {
    for (std::size_t c = 0; c < N; ++c) answers[c] = there[c][v];
  }
}

template <std::size_t N>
HWY_INLINE void LoadAnswers(const float* HWY_RESTRICT answers, std::size_t vectors, std::size_t stride,
                            VF (&column)[N]) {
  alignas(64) float there[N][kLanes] = {};
  for (std::size_t v = 0; v < vectors; ++v, answers += stride) {
    for (std::size_t c = 0; c < N; ++c) there[c][v] = answers[c];
  }
  for (std::size_t c = 0; c < N; ++c) column[c] = hn::Load(F(), there[c]);
}

/// Converts the sums of `vectors` vectors, all in one register, and adds them to the answers.
template <std::size_t N>
HWY_INLINE std::uint64_t ConvertSums(const NarrowJob& job, const VF (&sums)[N], std::size_t vectors,
                                     float* HWY_RESTRICT answers) {
  const F d;
  const Conversion& to = job.conversion;
  const auto there = hn::FirstN(d, vectors);
  const VF weight = hn::Set(d, job.weight);
  VF before[N];
  if (job.add) {
    LoadAnswers(answers, vectors, job.stride, before);
  } else {
    for (auto& b : before) b = hn::Set(d, job.bias);
  }
  std::uint64_t clipped = 0;
  VF after[N];
  for (std::size_t c = 0; c < N; ++c) {
    VF code = hn::MulAdd(sums[c], hn::Set(d, to.scale), hn::Set(d, to.zero));
    if (to.rounds) {
      const VF inside = hn::Min(hn::Max(code, hn::Set(d, to.low)), hn::Set(d, to.high));
      if (job.clipped != nullptr) clipped += hn::CountTrue(d, hn::And(there, hn::Ne(inside, code)));
      code = hn::Round(inside);
    }
    after[c] = hn::MulAdd(code, weight, before[c]);
  }
  StoreAnswers(after, vectors, job.stride, answers);
  return clipped;
}

/// `vectors` of them, at most W registers full, the first at `x`, each 1 after the other.
template <std::size_t N, std::size_t W>
HWY_INLINE std::uint64_t Tile(const NarrowJob& job, const float* HWY_RESTRICT x, std::size_t vectors,
                              float* HWY_RESTRICT answers) {
  const F d;
  VF sums[W][N];
  for (auto& group : sums) {
    for (auto& sum : group) sum = hn::Zero(d);
  }
  const float* HWY_RESTRICT g = job.columns;
  for (const std::int64_t row : job.rows) {
    VF input[W];
    for (std::size_t w = 0; w < W; ++w) input[w] = hn::LoadU(d, x + row + w * kLanes);
    for (std::size_t c = 0; c < N; ++c, ++g) {
      const VF conductance = hn::Set(d, *g);
      for (std::size_t w = 0; w < W; ++w) sums[w][c] = hn::MulAdd(input[w], conductance, sums[w][c]);
    }
  }
  std::uint64_t clipped = 0;
  for (std::size_t w = 0; w < W && w * kLanes < vectors; ++w) {
    clipped +=
        ConvertSums(job, sums[w], std::min(kLanes, vectors - w * kLanes), answers + w * kLanes * job.stride);
  }
  return clipped;
}

template <std::size_t N>
void Columns(const NarrowJob& job) {
  std::uint64_t clipped = 0;
  const std::size_t all = job.origins.size();
  for (std::size_t v = 0; v < all;) {
    std::size_t run = 1;
    while (run < 2 * kLanes && v + run < all && job.origins[v + run] == job.origins[v + run - 1] + 1) ++run;
    const float* x = job.inputs + job.origins[v];
    float* answers = job.answers + v * job.stride;
    clipped += run > kLanes ? Tile<N, 2>(job, x, run, answers) : Tile<N, 1>(job, x, run, answers);
    v += run;
  }
  if (job.clipped != nullptr) *job.clipped += clipped;
}

template <std::size_t N = kNarrowColumns>
void Narrow(const NarrowJob& job) {
  if (job.cols == N) return Columns<N>(job);
  if constexpr (N > 1) Narrow<N - 1>(job);
}

}  // namespace

NarrowKernel ProductOfNarrow() { return Narrow<>; }

}  // namespace mho::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::array {

NarrowKernel narrow_kernel(core::Isa isa) {
#if HWY_ARCH_X86
  if (isa == core::Isa::avx512) return N_AVX3::ProductOfNarrow();
  if (isa == core::Isa::avx2) return N_AVX2::ProductOfNarrow();
#endif
  (void)isa;
  return HWY_STATIC_DISPATCH(ProductOfNarrow)();
}

bool are_neighbours(std::span<const std::int64_t> origins) {
  std::size_t neighbours = 0;
  for (std::size_t v = 1; v < origins.size(); ++v) neighbours += origins[v] == origins[v - 1] + 1 ? 1 : 0;
  return 2 * neighbours > origins.size();
}

}  // namespace mho::array
#endif
