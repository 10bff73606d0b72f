// Philox4x32-10 and Box-Muller for one SIMD target at a time, the same bits on all of them: integers are
// exact, and every rounding of a float is that of one IEEE operation (+, ·, fused multiply-add, sqrt,
// conversion), in the same order everywhere.

#include "mho/core/random_groups.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/core/random_groups.cc"
#include "mho/core/simd_dispatch.h"
// Highway's order: targets, then operations.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace mho::core {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D32 = hn::CappedTag<std::uint32_t, 16>;
using DI = hn::RebindToSigned<D32>;
using DF = hn::RebindToFloat<D32>;
using D64 = hn::Repartition<std::uint64_t, D32>;
using V32 = hn::Vec<D32>;
using VF = hn::Vec<DF>;
using V64 = hn::Vec<D64>;

/// a·b + c rounded once. MulAdd of the portable target rounds twice.
HWY_INLINE VF fused(VF a, VF b, VF c) {
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
  const DF d;
  alignas(16) float x[hn::MaxLanes(d)], y[hn::MaxLanes(d)], z[hn::MaxLanes(d)];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  hn::Store(c, d, z);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) x[i] = std::fma(x[i], y[i], z[i]);
  return hn::Load(d, x);
#else
  return hn::MulAdd(a, b, c);
#endif
}

/// c[0] + x·c[1] + x²·c[2] + …
template <std::size_t n>
HWY_INLINE VF polynomial(VF x, const float (&c)[n]) {
  const DF d;
  VF sum = hn::Set(d, c[n - 1]);
  for (std::size_t i = n - 1; i-- > 0;) sum = fused(sum, x, hn::Set(d, c[i]));
  return sum;
}

/// -2 ln(x) for x in (0, 1], relative error below 4e-7.
HWY_INLINE VF minus_two_log(VF x) {
  const DF df;
  const DI di;
  // x = m·2^e with m in [sqrt(1/2), sqrt(2)): ln(x) = e·ln(2) + ln(1 + f), f = m - 1.
  const auto bits = hn::BitCast(di, x);
  const auto e = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, 0x3f3504f3)));
  const VF f = hn::Sub(hn::BitCast(df, hn::Sub(bits, hn::ShiftLeft<23>(e))), hn::Set(df, 1.0f));
  // Minimax of -2 ln(1 + f)/f in relative error, 1.7e-7.
  static constexpr float c[] = {-0x1.fffffep+0f, 0x1.00007ap+0f, -0x1.5559dcp-1f, 0x1.ff623cp-2f,
                                -0x1.978e2ep-2f, 0x1.614c08p-2f, -0x1.4c3d0ap-2f, 0x1.9dfa74p-3f};
  const VF minus_two_ln_2 = hn::Set(df, -0x1.62e430p+0f);
  return fused(hn::ConvertTo(df, e), minus_two_ln_2, hn::Mul(f, polynomial(f, c)));
}

/// x in (0, 1] and t in [-1, 1] to two normal samples; bit 31 of `octant` swaps them, bit 30 negates both.
HWY_INLINE void box_muller(VF x01, VF t, V32 octant, VF& first, VF& second) {
  const DF df;
  const DI di;
  const V32 sign = hn::And(hn::ShiftLeft<1>(octant), hn::Set(D32(), 0x80000000u));
  const VF radius = hn::Xor(hn::Sqrt(minus_two_log(x01)), hn::BitCast(df, sign));
  const VF z = hn::Mul(t, t);
  // Minimax of sin(π/4·t)/t and of (cos(π/4·t) - 1)/t² on [-1, 1], errors 3e-9 and 1.1e-7.
  static constexpr float s[] = {0.7853982f, -0.080745436f, 0.002490001f, -3.5950452e-05f};
  static constexpr float c[] = {1.0f, -0.30842504f, 0.015852347f, -0.00032064994f};
  const VF x = hn::Mul(radius, hn::Mul(t, polynomial(z, s)));
  const VF y = hn::Mul(radius, polynomial(z, c));
  const auto swap = hn::RebindMask(df, hn::Lt(hn::BitCast(di, octant), hn::Zero(di)));
  first = hn::IfThenElse(swap, x, y);
  second = hn::IfThenElse(swap, y, x);
}

/// Two words to two normal samples, as random_groups.h defines.
HWY_INLINE void normals_of_words(V32 u, V32 v, VF& first, VF& second) {
  const DF df;
  const DI di;
  const VF x = fused(hn::ConvertTo(df, hn::BitCast(di, hn::ShiftRight<1>(u))), hn::Set(df, 0x1p-31f),
                     hn::Set(df, 0x1p-32f));
  const VF t = hn::Mul(hn::ConvertTo(df, hn::BitCast(di, hn::ShiftLeft<2>(v))), hn::Set(df, 0x1p-31f));
  box_muller(x, t, v, first, second);
}

/// One word to two normal samples, as random_groups.h defines.
HWY_INLINE void normals_of_word(V32 w, VF& first, VF& second) {
  const DF df;
  const DI di;
  const VF x = fused(hn::ConvertTo(df, hn::BitCast(di, hn::ShiftRight<14>(w))), hn::Set(df, 0x1p-18f),
                     hn::Set(df, 0x1p-19f));
  const VF t = fused(hn::ConvertTo(df, hn::BitCast(di, hn::ShiftLeft<20>(w))), hn::Set(df, 0x1p-31f),
                     hn::Set(df, 0x1p-12f));
  box_muller(x, t, hn::ShiftLeft<18>(w), first, second);
}

/// 2·Lanes(D64) consecutive blocks: the even ones in `even`, the odd ones in `odd`, one in each 64-bit lane,
/// whose upper half is never looked at.
struct Blocks {
  V64 even[4], odd[4];
};

struct Keys {
  V64 k0[10], k1[10], array, draw_low, draw_high;
};

/// The upper half of every 64-bit lane in its lower half. A shuffle runs on ports that the multiplications
/// leave free, a shift does not.
HWY_INLINE V64 upper_half(V64 a) {
#if HWY_TARGET == HWY_SCALAR
  return hn::ShiftRight<32>(a);
#else
  return hn::BitCast(D64(), hn::Shuffle2301(hn::BitCast(D32(), a)));
#endif
}

HWY_INLINE void philox_round(V64 (&c)[4], V64 k0, V64 k1) {
  const D32 d;
  const V64 p0 = hn::MulEven(hn::BitCast(d, c[0]), hn::Set(d, 0xD2511F53u));
  const V64 p1 = hn::MulEven(hn::BitCast(d, c[2]), hn::Set(d, 0xCD9E8D57u));
  c[0] = hn::Xor(hn::Xor(upper_half(p1), c[1]), k0);
  c[2] = hn::Xor(hn::Xor(upper_half(p0), c[3]), k1);
  c[1] = p1;
  c[3] = p0;
}

/// Writes what is made from `blocks` to `to`, to+16, to+32 and to+48; of pairs the others to `second`.
template <RandomKind kind, typename T>
HWY_INLINE void store(const Blocks& blocks, T* to, [[maybe_unused]] T* second) {
  const D32 d;
  const DF df;
  V32 word[4];
  for (int w = 0; w < 4; ++w) {
    word[w] = hn::OddEven(hn::BitCast(d, upper_half(blocks.odd[w])), hn::BitCast(d, blocks.even[w]));
  }
  if constexpr (kind == RandomKind::bits) {
    for (int w = 0; w < 4; ++w) hn::StoreU(word[w], d, to + 16 * w);
  } else if constexpr (kind == RandomKind::uniform) {
    for (int w = 0; w < 4; ++w) {
      const VF b = hn::ConvertTo(df, hn::BitCast(DI(), hn::ShiftRight<9>(word[w])));
      hn::StoreU(hn::Mul(hn::Add(b, hn::Set(df, 0.5f)), hn::Set(df, 0x1p-23f)), df, to + 16 * w);
    }
  } else if constexpr (kind == RandomKind::normal_pair) {
    for (int w = 0; w < 4; ++w) {
      VF a, b;
      normals_of_word(word[w], a, b);
      hn::StoreU(a, df, to + 16 * w);
      hn::StoreU(b, df, second + 16 * w);
    }
  } else {
    for (int w = 0; w < 4; w += 2) {
      VF a, b;
      normals_of_words(word[w], word[w + 1], a, b);
      hn::StoreU(a, df, to + 16 * w);
      hn::StoreU(b, df, to + 16 * w + 16);
    }
  }
}

/// `chains` independent rounds side by side hide the latency of the multiplications.
template <RandomKind kind, std::size_t chains, typename T>
HWY_INLINE void fill_some(const Keys& keys, std::uint32_t first_block, T* to, T* second) {
  const D64 d64;
  const std::size_t lanes = hn::Lanes(D32());
  Blocks blocks[chains];
  for (std::size_t n = 0; n < chains; ++n) {
    const auto first = static_cast<std::uint32_t>(first_block + n * lanes);
    const V64 iota = hn::Iota(d64, 0);
    const V64 even = hn::Add(hn::Set(d64, first), hn::Add(iota, iota));
    blocks[n] = {{even, keys.array, keys.draw_low, keys.draw_high},
                 {hn::Add(even, hn::Set(d64, 1)), keys.array, keys.draw_low, keys.draw_high}};
  }
  for (int r = 0; r < 10; ++r) {
    for (std::size_t n = 0; n < chains; ++n) {
      philox_round(blocks[n].even, keys.k0[r], keys.k1[r]);
      philox_round(blocks[n].odd, keys.k0[r], keys.k1[r]);
    }
  }
  for (std::size_t n = 0; n < chains; ++n) {
    const std::size_t block = n * lanes, at = block / 16 * kRandomGroup + block % 16;
    store<kind>(blocks[n], to + at, second + at);
  }
}

template <RandomKind kind, typename T>
void fill_all(const Keys& keys, std::uint64_t first, std::size_t groups, T* to, T* second) {
  const std::size_t lanes = hn::Lanes(D32());
  const auto block = [&](std::size_t g) { return static_cast<std::uint32_t>((first + g) * 16); };
  std::size_t g = 0;
#if HWY_TARGET == HWY_AVX3  // 32 registers hold two chains
  for (; g + 2 <= groups; g += 2)
    fill_some<kind, 2>(keys, block(g), to + g * kRandomGroup, second + g * kRandomGroup);
#endif
  for (; g < groups; ++g) {
    for (std::size_t lane = 0; lane < 16; lane += lanes) {
      const std::size_t at = g * kRandomGroup + lane;
      fill_some<kind, 1>(keys, block(g) + static_cast<std::uint32_t>(lane), to + at, second + at);
    }
  }
}

void fill_groups(RandomKind kind, const RandomKey& key, std::uint64_t draw, std::uint64_t first,
                 std::size_t groups, void* out, void* second) {
  const D64 d64;
  Keys keys;
  for (std::uint32_t r = 0; r < 10; ++r) {
    keys.k0[r] = hn::Set(d64, key.key[0] + r * 0x9E3779B9u);
    keys.k1[r] = hn::Set(d64, key.key[1] + r * 0xBB67AE85u);
  }
  keys.array = hn::Set(d64, key.array);
  keys.draw_low = hn::Set(d64, draw & 0xffffffff);
  keys.draw_high = hn::Set(d64, draw >> 32);
  // Pointer arithmetic needs a `second` where there is none.
  auto* floats = static_cast<float*>(out);
  auto* words = static_cast<std::uint32_t*>(out);
  switch (kind) {
    case RandomKind::bits:
      return fill_all<RandomKind::bits>(keys, first, groups, words, words);
    case RandomKind::uniform:
      return fill_all<RandomKind::uniform>(keys, first, groups, floats, floats);
    case RandomKind::normal:
      return fill_all<RandomKind::normal>(keys, first, groups, floats, floats);
    case RandomKind::normal_pair:
      return fill_all<RandomKind::normal_pair>(keys, first, groups, floats, static_cast<float*>(second));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace mho::core
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::core {

HWY_EXPORT(fill_groups);

void fill_groups(RandomKind kind, const RandomKey& key, std::uint64_t draw, std::uint64_t first,
                 std::size_t groups, void* out, void* second) {
  dispatched(HWY_DISPATCH_TABLE(fill_groups))(kind, key, draw, first, groups, out, second);
}

}  // namespace mho::core
#endif  // HWY_ONCE
