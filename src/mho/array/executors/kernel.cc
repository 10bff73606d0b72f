#include "mho/array/executors/kernel.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/executors/kernel.cc"
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
using I = hn::RebindToSigned<F>;
using VF = hn::Vec<F>;
using VI = hn::Vec<I>;
inline constexpr std::size_t kLanes = hn::MaxLanes(F());

// Accumulators fill the registers: 12×2 + 2 of 32, 6×2 + 3 of 16 (f32), 6×2 + 4 (int16).
#if HWY_TARGET == HWY_AVX3
inline constexpr std::size_t kGroup = 12, kSmallGroup = 4, kStrip = 2;
#elif HWY_TARGET == HWY_AVX2
inline constexpr std::size_t kGroup = 6, kSmallGroup = 2, kStrip = 2;
#else
inline constexpr std::size_t kGroup = 4, kSmallGroup = 2, kStrip = 4;
#endif

/// Calls body(first vector, std::integral_constant<group>) for every group of a block of several vectors;
/// returns the first of those that are left, which are packed as groups of one.
template <class Body>
HWY_INLINE std::size_t EachGroup(std::size_t vectors, const Body& body) {
  std::size_t v = 0;
  for (; v + kGroup <= vectors; v += kGroup) body(v, std::integral_constant<std::size_t, kGroup>{});
  for (; v + kSmallGroup <= vectors; v += kSmallGroup)
    body(v, std::integral_constant<std::size_t, kSmallGroup>{});
  return v;
}

/// The same, and groups of one.
template <class Body>
HWY_INLINE void EveryGroup(std::size_t vectors, const Body& body) {
  for (std::size_t v = EachGroup(vectors, body); v < vectors; ++v)
    body(v, std::integral_constant<std::size_t, 1>{});
}

// ---- packing

template <class T>
void PackBlock(const Gather& gather, const T* inputs, std::span<const std::int64_t> origins, T* panels) {
  constexpr std::size_t lanes = kChunkBytes / sizeof(T);
  const std::size_t chunks = gather.chunks();
  EveryGroup(origins.size(), [&](std::size_t v, auto group) {
    T* out = panels + v * chunks * lanes;
    for (std::size_t c = 0; c < chunks; ++c) {
      const Piece* const begin = gather.pieces.data() + gather.begins[c];
      const Piece* const end = gather.pieces.data() + gather.begins[c + 1];
      if (end - begin == 1) {
        for (std::size_t m = 0; m < group(); ++m, out += lanes) {
          std::memcpy(out, inputs + origins[v + m] + begin->source, kChunkBytes);
        }
        continue;
      }
      for (std::size_t m = 0; m < group(); ++m, out += lanes) {
        // Each piece is copied with what lies behind it; what is written next overwrites that.
        for (const Piece* p = begin; p != end; ++p) {
          std::memcpy(out + p->first, inputs + origins[v + m] + p->source + p->first, kChunkBytes);
        }
      }
    }
    if (gather.rows % lanes == 0) return;
    T* const last = panels + (v + group()) * chunks * lanes - group() * lanes;
    for (std::size_t m = 0; m < group(); ++m) {
      std::fill(last + m * lanes + gather.rows % lanes, last + (m + 1) * lanes, T{0});
    }
  });
}

void Pack(const Gather& gather, const std::byte* inputs, std::span<const std::int64_t> origins,
          std::byte* panels) {
  switch (gather.arithmetic) {
    case Arithmetic::f32:
      return PackBlock(gather, reinterpret_cast<const float*>(inputs), origins,
                       reinterpret_cast<float*>(panels));
    case Arithmetic::int16:
      return PackBlock(gather, reinterpret_cast<const std::int16_t*>(inputs), origins,
                       reinterpret_cast<std::int16_t*>(panels));
    case Arithmetic::int8:
      return PackBlock(gather, reinterpret_cast<const std::uint8_t*>(inputs), origins,
                       reinterpret_cast<std::uint8_t*>(panels));
  }
}

// ---- conversion

struct Rounding {
  const Job& job;
  std::uint64_t clipped = 0;
  explicit Rounding(const Job& j) : job(j) {}
};

/// Converts the currents of a tile and adds them to the answers. What the job says is read once: the
/// compiler must think that answers overwrite it.
template <bool rounds, bool counts, bool plain, std::size_t MR, std::size_t NV>
HWY_INLINE void ConvertTileAs(Rounding& r, const VF (&current)[MR][NV], std::size_t v, std::size_t col) {
  const F d;
  const Job& job = r.job;
  const VF scale = hn::Set(d, job.conversion.scale), zero = hn::Set(d, job.conversion.zero);
  const VF low = hn::Set(d, job.conversion.low), high = hn::Set(d, job.conversion.high);
  const VF weight = hn::Set(d, job.weight), bias = hn::Set(d, job.bias);
  const std::size_t stride = job.stride, noise_stride = job.noise_stride, cols = job.cols;
  const float* const noise = plain || job.noise == nullptr ? nullptr : job.noise + v * noise_stride + col;
  const float* const zeros = plain || job.zeros == nullptr ? nullptr : job.zeros + v;
  const bool add = job.add;
  float* HWY_RESTRICT y = job.answers + v * stride + col;
  std::uint64_t clipped = 0;
  HWY_UNROLL(12)
  for (std::size_t m = 0; m < MR; ++m, y += stride) {
    HWY_UNROLL(8)
    for (std::size_t n = 0; n < NV; ++n) {
      VF sum = current[m][n];
      if (!plain && noise != nullptr) sum = hn::Add(sum, hn::LoadU(d, noise + m * noise_stride + n * kLanes));
      VF code = hn::MulAdd(sum, scale, plain || zeros == nullptr ? zero : hn::Set(d, zeros[m]));
      if constexpr (rounds) {
        const VF inside = hn::Min(hn::Max(code, low), high);
        if constexpr (counts) {
          auto outside = hn::Ne(inside, code);
          if (!plain)
            outside =
                hn::And(outside, hn::FirstN(d, std::min(kLanes, cols - std::min(cols, col + n * kLanes))));
          clipped += hn::CountTrue(d, outside);  // in the integer units, which are idle
        }
        code = hn::Round(inside);
      }
      hn::StoreU(hn::MulAdd(code, weight, add ? hn::LoadU(d, y + n * kLanes) : bias), d, y + n * kLanes);
    }
  }
  r.clipped += clipped;
}

template <std::size_t MR, std::size_t NV>
HWY_INLINE void ConvertTile(Rounding& r, const VF (&current)[MR][NV], std::size_t v, std::size_t col) {
  const Job& job = r.job;
  const bool plain = job.noise == nullptr && job.zeros == nullptr && col + NV * kLanes <= job.cols;
  if (!job.conversion.rounds) return ConvertTileAs<false, false, false>(r, current, v, col);
  if (job.clipped == nullptr) return ConvertTileAs<true, false, false>(r, current, v, col);
  plain ? ConvertTileAs<true, true, true>(r, current, v, col)
        : ConvertTileAs<true, true, false>(r, current, v, col);
}

void TellClipped(const Rounding& r) {
  if (r.job.clipped != nullptr) *r.job.clipped += r.clipped;
}

// ---- products

/// One step of a product: rows that share a 32-bit lane, 1 in f32, 2 in int16, 4 in 8 bits.
struct StepF32 {
  using V = VF;
  static constexpr std::size_t kRows = 1;
  static HWY_INLINE V Input(const float* x) { return hn::Set(F(), *x); }
  static HWY_INLINE V Column(const float* b) { return hn::Load(F(), b); }
  static HWY_INLINE V Add(V sum, V input, V column) { return hn::MulAdd(input, column, sum); }
  static HWY_INLINE V Start(const std::int32_t*) { return hn::Zero(F()); }
  static HWY_INLINE VF Float(V sum) { return sum; }
};

#if HWY_TARGET <= HWY_AVX2
struct StepInteger {
  using V = VI;
  static HWY_INLINE V Input(const float* x) {
    std::int32_t bits = 0;
    std::memcpy(&bits, x, sizeof(bits));
    return hn::Set(I(), bits);
  }
  static HWY_INLINE V Column(const float* b) {
    return hn::Load(I(), reinterpret_cast<const std::int32_t*>(b));
  }
  static HWY_INLINE V Start(const std::int32_t* start) {
    return start == nullptr ? hn::Zero(I()) : hn::LoadU(I(), start);
  }
  static HWY_INLINE VF Float(V sum) { return hn::ConvertTo(F(), sum); }
};
#if HWY_TARGET == HWY_AVX3
// Written out because g++ 12 copies the accumulator of the intrinsics, at half the speed.
struct StepInt16 : StepInteger {
  static constexpr std::size_t kRows = 2;
  static HWY_INLINE V Add(V sum, V input, V column) {
    __m512i raw = sum.raw;
    asm("vpdpwssd %2, %1, %0" : "+v"(raw) : "v"(input.raw), "v"(column.raw));
    return V{raw};
  }
};
struct StepInt8 : StepInteger {
  static constexpr std::size_t kRows = 4;
  static HWY_INLINE V Add(V sum, V input, V column) {
    __m512i raw = sum.raw;
    asm("vpdpbusd %2, %1, %0" : "+v"(raw) : "v"(input.raw), "v"(column.raw));
    return V{raw};
  }
};
#else
// A multiplication and an addition apart; the product goes where the input was.
struct StepInt16 : StepInteger {
  static constexpr std::size_t kRows = 2;
  static HWY_INLINE V Add(V sum, V input, V column) {
    const hn::Repartition<std::int16_t, I> d;
    return hn::ReorderWidenMulAccumulate(I(), hn::BitCast(d, input), hn::BitCast(d, column), sum, sum);
  }
};
#endif
#endif

/// Adds `steps` steps to the sums; a step's inputs are lane k of the chunk, its columns NV vectors of each
/// of NS strips, `gap` apart.
template <class Step, std::size_t NS, std::size_t MR, std::size_t N>
HWY_INLINE void Multiply(const float* HWY_RESTRICT panel, const float* HWY_RESTRICT b, std::size_t gap,
                         std::size_t steps, typename Step::V (&sums)[MR][N]) {
  constexpr std::size_t NV = N / NS;
  const auto step = [&](std::size_t k) HWY_ATTR {
    typename Step::V columns[N];
    HWY_UNROLL(16)
    for (std::size_t n = 0; n < N; ++n) columns[n] = Step::Column(b + n / NV * gap + n % NV * kLanes);
    HWY_UNROLL(12)
    for (std::size_t m = 0; m < MR; ++m) {
      const auto input = Step::Input(panel + m * 16 + k);
      HWY_UNROLL(16)
      for (std::size_t n = 0; n < N; ++n) sums[m][n] = Step::Add(sums[m][n], input, columns[n]);
    }
    b += NV * kLanes;
  };
  for (std::size_t chunk = 0; chunk < steps / 16; ++chunk, panel += MR * 16) {
    HWY_UNROLL(4)
    for (std::size_t k = 0; k < 16; ++k) step(k);
  }
  for (std::size_t k = 0; k < steps % 16; ++k) step(k);
}

template <class Step, std::size_t MR, std::size_t NV>
HWY_INLINE void Start(const std::int32_t* start, typename Step::V (&sums)[MR][NV]) {
  HWY_UNROLL(12)
  for (std::size_t m = 0; m < MR; ++m) {
    HWY_UNROLL(4)
    for (std::size_t n = 0; n < NV; ++n)
      sums[m][n] = Step::Start(start == nullptr ? nullptr : start + n * kLanes);
  }
}

/// The currents of one tile: 32-bit sums go over to f32 before they can overflow.
template <class Step, std::size_t NS, std::size_t MR, std::size_t NV>
HWY_INLINE void Currents(const Columns& columns, const float* panel, std::size_t col,
                         VF (&currents)[MR][NV]) {
  const std::size_t steps = (columns.rows + Step::kRows - 1) / Step::kRows;
  const float* b = reinterpret_cast<const float*>(columns.bytes.data()) + col * steps;
  typename Step::V sums[MR][NV];
  Start<Step>(columns.start.empty() ? nullptr : columns.start.data() + col, sums);
  const std::size_t flush = Step::kRows == 1 ? steps : std::min(steps, columns.flush_steps);
  const std::size_t gap = steps * (NV / NS) * kLanes;
  Multiply<Step, NS>(panel, b, gap, flush, sums);
  const auto add = [&](bool first) HWY_ATTR {
    HWY_UNROLL(12)
    for (std::size_t m = 0; m < MR; ++m) {
      HWY_UNROLL(4)
      for (std::size_t n = 0; n < NV; ++n) {
        const VF sum = Step::Float(sums[m][n]);
        currents[m][n] = first ? sum : hn::Add(currents[m][n], sum);
      }
    }
  };
  add(true);
  if constexpr (Step::kRows > 1) {
    for (std::size_t done = flush; done < steps; done += flush) {
      Start<Step>(nullptr, sums);
      Multiply<Step, NS>(panel + done * MR, b + done * (NV / NS) * kLanes, gap, std::min(flush, steps - done),
                         sums);
      add(false);
    }
  }
}

template <class Step>
HWY_INLINE std::size_t PanelFloats(const Job& job) {
  return (job.columns->rows + 16 * Step::kRows - 1) / (16 * Step::kRows) * 16;
}

template <class Step, std::size_t NV>
HWY_INLINE void Strip(const Job& job, Rounding& r, std::size_t col) {
  const auto* panels = reinterpret_cast<const float*>(job.panels);
  EachGroup(job.vectors, [&](std::size_t v, auto group) HWY_ATTR {
    VF currents[group()][NV];
    Currents<Step, 1>(*job.columns, panels + v * PanelFloats<Step>(job), col, currents);
    ConvertTile(r, currents, v, col);
  });
}

/// One vector and NS strips at once: alone, a strip would wait for its sums.
template <class Step, std::size_t NS, std::size_t NV>
HWY_INLINE void Single(const Job& job, Rounding& r, std::size_t v, std::size_t col) {
  VF currents[1][NS * NV];
  Currents<Step, NS>(*job.columns, reinterpret_cast<const float*>(job.panels) + v * PanelFloats<Step>(job),
                     col, currents);
  ConvertTile(r, currents, v, col);
}

template <class Step>
void Strips(const Job& job, Rounding& r) {
  constexpr std::size_t kWidth = kStrip * kLanes;
  constexpr std::size_t kAtOnce = 8 / kStrip;
  std::size_t col = job.col_begin;
  for (; col + kWidth - kLanes < job.col_end; col += kWidth) Strip<Step, kStrip>(job, r, col);
  for (; col < job.col_end; col += kLanes) Strip<Step, 1>(job, r, col);
  const auto grouped = [](std::size_t, auto) {};
  for (std::size_t v = EachGroup(job.vectors, grouped); v < job.vectors; ++v) {
    col = job.col_begin;
    for (; col + kAtOnce * kWidth - kLanes < job.col_end; col += kAtOnce * kWidth)
      Single<Step, kAtOnce, kStrip>(job, r, v, col);
    for (; col + kWidth - kLanes < job.col_end; col += kWidth) Single<Step, 1, kStrip>(job, r, v, col);
    for (; col < job.col_end; col += kLanes) Single<Step, 1, 1>(job, r, v, col);
  }
}

void Convert(const Job& job) {
  Rounding r(job);
  switch (job.columns->arithmetic) {
    case Arithmetic::f32:
      Strips<StepF32>(job, r);
      break;
#if HWY_TARGET <= HWY_AVX2
    case Arithmetic::int16:
      Strips<StepInt16>(job, r);
      break;
#endif
#if HWY_TARGET == HWY_AVX3
    case Arithmetic::int8:
      Strips<StepInt8>(job, r);
      break;
#else
    default:
      break;
#endif
  }
  TellClipped(r);
}

void Recode(const float* currents, std::size_t current_stride, const Job& job) {
  Rounding r(job);
  for (std::size_t v = 0; v < job.vectors; ++v) {
    for (std::size_t col = 0; col < job.col_end; col += kLanes) {
      const VF one[1][1] = {{hn::LoadU(F(), currents + v * current_stride + col)}};
      ConvertTile(r, one, v, col);
    }
  }
  TellClipped(r);
}

// ---- sums of inputs

template <class T>
HWY_INLINE void SumBlock(const Gather& gather, const T* panels, std::size_t vectors, float* sums) {
  constexpr std::size_t lanes = kChunkBytes / sizeof(T);
  using Sum = std::conditional_t<std::is_same_v<T, float>, float, std::int32_t>;
  EveryGroup(vectors, [&](std::size_t v, auto group) HWY_ATTR {
    for (std::size_t m = 0; m < group(); ++m) {
      const T* x = panels + (v * gather.chunks() + m) * lanes;
      Sum partial[16] = {};
      for (std::size_t c = 0; c < gather.chunks(); ++c, x += group() * lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) partial[lane % 16] += x[lane];
      }
      Sum sum = 0;
      for (const Sum p : partial) sum += p;
      sums[v + m] = static_cast<float>(sum);
    }
  });
}

void Sum(const Gather& gather, const std::byte* panels, std::size_t vectors, float* sums) {
  switch (gather.arithmetic) {
    case Arithmetic::f32:
      return SumBlock(gather, reinterpret_cast<const float*>(panels), vectors, sums);
    case Arithmetic::int16:
      return SumBlock(gather, reinterpret_cast<const std::int16_t*>(panels), vectors, sums);
    case Arithmetic::int8:
      return SumBlock(gather, reinterpret_cast<const std::uint8_t*>(panels), vectors, sums);
  }
}

}  // namespace

const Kernels& ProductTable() {
  static const bool vnni = HWY_TARGET == HWY_AVX3 && core::has_vnni(core::Isa::avx512);
  static const Kernels table{.lanes = kLanes,
                             .strip = kStrip * kLanes,
                             .vectors = kGroup,
                             .int16 = HWY_TARGET == HWY_AVX2 || vnni,
                             .int8 = vnni,
                             .pack = Pack,
                             .convert = Convert,
                             .recode = Recode,
                             .sum = Sum};
  return table;
}

}  // namespace mho::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::array {

const Kernels& kernels(core::Isa isa) {
#if HWY_ARCH_X86
  if (isa == core::Isa::avx512) return N_AVX3::ProductTable();
  if (isa == core::Isa::avx2) return N_AVX2::ProductTable();
#endif
  (void)isa;
  return HWY_STATIC_DISPATCH(ProductTable)();
}

}  // namespace mho::array
#endif
