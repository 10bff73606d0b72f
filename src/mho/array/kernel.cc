#include "mho/array/kernel.h"

#include <algorithm>
#include <cstring>

// Targets: portable, AVX2 with FMA, AVX-512. SSE alone is not worth its code.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/kernel.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace mho::array::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = HWY_FULL(float);
using I = hn::RebindToSigned<F>;
using VF = hn::Vec<F>;
using VI = hn::Vec<I>;
inline constexpr std::size_t kLanes = hn::MaxLanes(F());

// Accumulators fill the registers: 12×2 + 2 of 32, 6×2 + 3 of 16.
#if HWY_TARGET == HWY_AVX3
inline constexpr std::size_t kGroup = 12, kSmallGroup = 4, kStrip = 2;
#elif HWY_TARGET == HWY_AVX2
inline constexpr std::size_t kGroup = 6, kSmallGroup = 2, kStrip = 2;
#else
inline constexpr std::size_t kGroup = 4, kSmallGroup = 2, kStrip = 4;
#endif

/// Calls body(first vector, std::integral_constant<group>) for every group of a block.
template <class Body>
HWY_INLINE void EachGroup(std::size_t vectors, const Body& body) {
  std::size_t v = 0;
  for (; v + kGroup <= vectors; v += kGroup) body(v, std::integral_constant<std::size_t, kGroup>{});
  for (; v + kSmallGroup <= vectors; v += kSmallGroup)
    body(v, std::integral_constant<std::size_t, kSmallGroup>{});
  for (; v < vectors; ++v) body(v, std::integral_constant<std::size_t, 1>{});
}

// ---- packing

template <class T>
HWY_INLINE void PackVector(const Gather& gather, const T* HWY_RESTRICT x, T* HWY_RESTRICT out,
                           std::size_t step) {
  constexpr std::size_t lanes = kChunkBytes / sizeof(T);
  const std::size_t chunks = gather.chunks();
  const Piece* piece = gather.pieces.data();
  if (gather.whole) {
    for (std::size_t c = 0; c < chunks; ++c) std::memcpy(out + c * step, x + piece[c].source, kChunkBytes);
  } else {
    for (std::size_t c = 0; c < chunks; ++c) {
      // Each piece is copied with what lies behind it; the next one overwrites that.
      T line[2 * lanes];
      for (const Piece* const end = gather.pieces.data() + gather.begins[c + 1]; piece != end; ++piece) {
        std::memcpy(line + piece->first, x + piece->source + piece->first, kChunkBytes);
      }
      std::memcpy(out + c * step, line, kChunkBytes);
    }
  }
  for (std::size_t lane = gather.rows % lanes; lane % lanes != 0; ++lane) out[(chunks - 1) * step + lane] = 0;
}

template <class T>
void PackBlock(const Gather& gather, const T* inputs, std::span<const std::int64_t> origins, T* panels) {
  constexpr std::size_t lanes = kChunkBytes / sizeof(T);
  EachGroup(origins.size(), [&](std::size_t v, auto group) {
    T* out = panels + v * gather.chunks() * lanes;
    for (std::size_t m = 0; m < group(); ++m) {
      PackVector(gather, inputs + origins[v + m], out + m * lanes, group() * lanes);
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
  VF scale, zero, low, high, weight, bias;
  VI clipped = hn::Zero(I());
  explicit Rounding(const Job& j)
      : job(j),
        scale(hn::Set(F(), j.conversion.scale)),
        zero(hn::Set(F(), j.conversion.zero)),
        low(hn::Set(F(), j.conversion.low)),
        high(hn::Set(F(), j.conversion.high)),
        weight(hn::Set(F(), j.weight)),
        bias(hn::Set(F(), j.bias)) {}
};

/// Converts the currents of vector `v`, columns from `col`, and adds them to the answers.
template <bool rounds, bool counts>
HWY_INLINE void ConvertOne(Rounding& r, VF current, std::size_t v, std::size_t col) {
  const F d;
  const Job& job = r.job;
  if (job.noise != nullptr) current = hn::Add(current, hn::LoadU(d, job.noise + v * job.noise_stride + col));
  VF code = hn::MulAdd(current, r.scale, r.zero);
  if constexpr (rounds) {
    const VF inside = hn::Min(hn::Max(code, r.low), r.high);
    if constexpr (counts) {
      auto outside = hn::Ne(inside, code);
      if (col + kLanes > job.columns->cols)
        outside = hn::And(outside, hn::FirstN(d, job.columns->cols - col));
      r.clipped = hn::Sub(r.clipped, hn::BitCast(I(), hn::VecFromMask(d, outside)));
    }
    code = hn::Round(inside);
  }
  float* HWY_RESTRICT y = job.answers + v * job.stride + col;
  hn::StoreU(hn::MulAdd(code, r.weight, job.add ? hn::LoadU(d, y) : r.bias), d, y);
}

template <std::size_t MR, std::size_t NV>
HWY_INLINE void ConvertTile(Rounding& r, const VF (&current)[MR][NV], std::size_t v, std::size_t col) {
  const auto all = [&](auto rounds, auto counts) {
    HWY_UNROLL(12)
    for (std::size_t m = 0; m < MR; ++m) {
      HWY_UNROLL(4)
      for (std::size_t n = 0; n < NV; ++n) {
        ConvertOne<rounds(), counts()>(r, current[m][n], v + m, col + n * kLanes);
      }
    }
  };
  const std::false_type no;
  const std::true_type yes;
  if (!r.job.conversion.rounds) return all(no, no);
  r.job.clipped == nullptr ? all(yes, no) : all(yes, yes);
}

// ---- products

template <std::size_t MR, std::size_t NV>
HWY_INLINE void MultiplyF32(const float* HWY_RESTRICT panel, const float* HWY_RESTRICT b, std::size_t rows,
                            VF (&acc)[MR][NV]) {
  const F d;
  HWY_UNROLL(12)
  for (std::size_t m = 0; m < MR; ++m) {
    HWY_UNROLL(4)
    for (std::size_t n = 0; n < NV; ++n) acc[m][n] = hn::Zero(d);
  }
  const auto step = [&](std::size_t k) HWY_ATTR {
    VF columns[NV];
    HWY_UNROLL(4)
    for (std::size_t n = 0; n < NV; ++n) columns[n] = hn::Load(d, b + n * kLanes);
    HWY_UNROLL(12)
    for (std::size_t m = 0; m < MR; ++m) {
      const VF input = hn::Set(d, panel[m * 16 + k]);
      HWY_UNROLL(4)
      for (std::size_t n = 0; n < NV; ++n) acc[m][n] = hn::MulAdd(input, columns[n], acc[m][n]);
    }
    b += NV * kLanes;
  };
  for (std::size_t chunk = 0; chunk < rows / 16; ++chunk, panel += MR * 16) {
    HWY_UNROLL(4)
    for (std::size_t k = 0; k < 16; ++k) step(k);
  }
  for (std::size_t k = 0; k < rows % 16; ++k) step(k);
}

template <std::size_t NV>
HWY_INLINE void StripF32(const Job& job, Rounding& r, std::size_t col) {
  const std::size_t rows = job.columns->rows;
  const std::size_t chunks = (rows + 15) / 16;
  const auto* panels = reinterpret_cast<const float*>(job.panels);
  const float* b = reinterpret_cast<const float*>(job.columns->bytes.data()) + col * rows;
  EachGroup(job.vectors, [&](std::size_t v, auto group) HWY_ATTR {
    VF acc[group()][NV];
    MultiplyF32(panels + v * chunks * 16, b, rows, acc);
    ConvertTile(r, acc, v, col);
  });
}

void Convert(const Job& job) {
  Rounding r(job);
  const std::size_t cols = job.col_end;
  std::size_t col = job.col_begin;
  for (; col + (kStrip - 1) * kLanes < cols; col += kStrip * kLanes) StripF32<kStrip>(job, r, col);
  for (; col < cols; col += kLanes) StripF32<1>(job, r, col);
  if (job.clipped != nullptr) {
    alignas(64) std::int32_t counts[kLanes];
    hn::Store(r.clipped, I(), counts);
    for (const std::int32_t n : counts) *job.clipped += static_cast<std::uint32_t>(n);
  }
}

// ---- what is done once an input or an output

void Sum(const Gather& gather, const float* panels, std::size_t vectors, float* sums) {
  const std::size_t chunks = gather.chunks();
  EachGroup(vectors, [&](std::size_t v, auto group) HWY_ATTR {
    for (std::size_t m = 0; m < group(); ++m) {
      const float* x = panels + v * chunks * 16 + m * 16;
      VF sum = hn::Zero(F());
      for (std::size_t c = 0; c < chunks; ++c, x += group() * 16) {
        for (std::size_t lane = 0; lane < 16; lane += kLanes) sum = hn::Add(sum, hn::LoadU(F(), x + lane));
      }
      sums[v + m] = hn::GetLane(hn::SumOfLanes(F(), sum));
    }
  });
}

/// out[i] = body(vector of inputs at i), the last ones through a copy.
template <class Body>
HWY_INLINE void Each(std::size_t size, float* out, const Body& body) {
  const F d;
  std::size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) hn::StoreU(body(i, kLanes), d, out + i);
  if (kLanes == 1 || i >= size) return;
  alignas(64) float last[kLanes];
  hn::Store(body(i, size - i), d, last);
  for (std::size_t n = 0; i < size; ++i, ++n) out[i] = last[n];
}
HWY_INLINE VF LoadSome(const float* x, std::size_t count) {
  if (count == kLanes) return hn::LoadU(F(), x);
  alignas(64) float some[kLanes] = {};
  for (std::size_t n = 0; n < count; ++n) some[n] = x[n];
  return hn::Load(F(), some);
}

void Digits(std::span<const float> levels, int shift, int bits, float* out) {
  const F d;
  const VI mask = hn::Set(I(), (1 << bits) - 1);
  Each(levels.size(), out, [&](std::size_t i, std::size_t count) HWY_ATTR {
    const VF level = LoadSome(&levels[i], count);
    const VI digit = hn::And(hn::ShiftRightSame(hn::ConvertTo(I(), hn::Abs(level)), shift), mask);
    return hn::CopySign(hn::ConvertTo(d, digit), level);
  });
}

void ScaleNoise(std::span<const float> variance, std::span<float> noise) {
  Each(noise.size(), noise.data(), [&](std::size_t i, std::size_t count) HWY_ATTR {
    return hn::Mul(hn::Sqrt(LoadSome(&variance[i], count)), LoadSome(&noise[i], count));
  });
}

void InputLevels(const InputCode& code, std::span<const float> inputs, float* out) {
  const F d;
  const double steps = code.magnitude_bits > 0 ? static_cast<double>((1 << code.magnitude_bits) - 1) : 1.0;
  const VF scale = hn::Set(d, static_cast<float>(steps / code.full_scale));
  const VF high = hn::Set(d, static_cast<float>(steps));
  const VF low = code.is_signed ? hn::Neg(high) : hn::Zero(d);
  const VF half = hn::Set(d, 0.5f);
  Each(inputs.size(), out, [&](std::size_t i, std::size_t count) HWY_ATTR {
    const VF x = LoadSome(&inputs[i], count);
    const VF level = hn::Min(hn::Max(hn::Mul(x, scale), low), high);
    if (code.magnitude_bits == 0) return level;
    const VF whole = hn::Round(level);
    // Where f32 can't tell on which side of a half an input lies, the exact definition decides.
    const VF from_half = hn::Abs(hn::Sub(hn::Abs(hn::Sub(level, whole)), half));
    if (HWY_LIKELY(hn::AllFalse(d, hn::Lt(from_half, hn::Mul(high, hn::Set(d, 1e-6f)))))) return whole;
    alignas(64) float exact[kLanes] = {};
    for (std::size_t n = 0; n < count; ++n) exact[n] = static_cast<float>(input_level(code, inputs[i + n]));
    return hn::Load(d, exact);
  });
}

const Kernels& Table() {
  static const Kernels table{.lanes = kLanes,
                             .strip = kStrip * kLanes,
                             .vectors = kGroup,
                             .integers = false,
                             .pack = Pack,
                             .convert = Convert,
                             .sum = Sum,
                             .digits = Digits,
                             .scale_noise = ScaleNoise,
                             .levels = InputLevels};
  return table;
}

}  // namespace mho::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::array {

const Kernels& kernels(core::Isa isa) {
#if HWY_ARCH_X86
  if (isa == core::Isa::avx512) return N_AVX3::Table();
  if (isa == core::Isa::avx2) return N_AVX2::Table();
#endif
  (void)isa;
  return HWY_STATIC_DISPATCH(Table)();
}

}  // namespace mho::array
#endif
