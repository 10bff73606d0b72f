#include "mho/array/kernel_elements.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/kernel_elements.cc"
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

template <class T>
HWY_INLINE void NarrowTo(std::span<const float> levels, int add, T* out) {
  const hn::Rebind<T, F> narrow;
  const VI more = hn::Set(I(), add);
  std::size_t i = 0;
  for (; i + kLanes <= levels.size(); i += kLanes) {
    const VI level = hn::Add(hn::ConvertTo(I(), hn::LoadU(F(), &levels[i])), more);
    hn::StoreU(hn::DemoteTo(narrow, level), narrow, out + i);
  }
  for (; i < levels.size(); ++i) out[i] = static_cast<T>(static_cast<int>(levels[i]) + add);
}

void Narrow(std::span<const float> levels, int add, Arithmetic to, std::byte* out) {
  to == Arithmetic::int16 ? NarrowTo(levels, add, reinterpret_cast<std::int16_t*>(out))
                          : NarrowTo(levels, add, reinterpret_cast<std::uint8_t*>(out));
}

}  // namespace

const ElementKernels& ElementTable() {
  static const ElementKernels table{
      .levels = InputLevels, .digits = Digits, .narrow = Narrow, .scale_noise = ScaleNoise};
  return table;
}

}  // namespace mho::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::array {

const ElementKernels& element_kernels(core::Isa isa) {
#if HWY_ARCH_X86
  if (isa == core::Isa::avx512) return N_AVX3::ElementTable();
  if (isa == core::Isa::avx2) return N_AVX2::ElementTable();
#endif
  (void)isa;
  return HWY_STATIC_DISPATCH(ElementTable)();
}

}  // namespace mho::array
#endif
