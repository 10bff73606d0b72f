#include "mho/array/executors/kernel_elements.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/executors/kernel_elements.cc"
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

/// Levels of the inputs from i on.
class LevelOf {
 public:
  LevelOf(const InputCode& code, std::span<const float> inputs)
      : code_(code), inputs_(inputs), steps_(code.magnitude_bits > 0 ? (1 << code.magnitude_bits) - 1 : 1) {}
  HWY_INLINE VF operator()(std::size_t i, std::size_t count) const {
    const F d;
    const VF high = hn::Set(d, static_cast<float>(steps_));
    const VF low = code_.is_signed ? hn::Neg(high) : hn::Zero(d);
    const VF scale = hn::Set(d, static_cast<float>(steps_ / code_.full_scale));
    const VF level = hn::Min(hn::Max(hn::Mul(LoadSome(&inputs_[i], count), scale), low), high);
    if (code_.magnitude_bits == 0) return level;
    const VF whole = hn::Round(level);
    // Where f32 can't tell on which side of a half an input lies, the exact definition decides.
    const VF near_half = hn::Set(d, static_cast<float>(0.5 - 1e-6 * steps_));
    const auto unsure = hn::Gt(hn::Abs(hn::Sub(level, whole)), near_half);
    if (HWY_LIKELY(hn::AllFalse(d, unsure))) return whole;
    alignas(64) float exact[kLanes] = {};
    for (std::size_t n = 0; n < count; ++n) exact[n] = static_cast<float>(input_level(code_, inputs_[i + n]));
    return hn::Load(d, exact);
  }

 private:
  const InputCode code_;  // a copy: stores could overwrite another's
  const std::span<const float> inputs_;
  const double steps_;
};

void InputLevels(const InputCode& code, std::span<const float> inputs, float* out) {
  Each(inputs.size(), out, LevelOf(code, inputs));
}

/// out[i] = level(i) + add in few bits.
template <class T, class Level>
HWY_INLINE void NarrowTo(std::size_t size, int add, T* out, const Level& level) {
  const hn::Rebind<T, F> narrow;
  const VI more = hn::Set(I(), add);
  std::size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    const VI whole = hn::Add(hn::ConvertTo(I(), level(i, kLanes)), more);
    hn::StoreU(hn::DemoteTo(narrow, whole), narrow, out + i);
  }
  if (kLanes == 1 || i >= size) return;
  alignas(64) float last[kLanes];
  hn::Store(level(i, size - i), F(), last);
  for (std::size_t n = 0; i < size; ++i, ++n) out[i] = static_cast<T>(static_cast<int>(last[n]) + add);
}

template <class Level>
HWY_INLINE void NarrowAs(Arithmetic to, std::size_t size, int add, std::byte* out, const Level& level) {
  to == Arithmetic::int16 ? NarrowTo(size, add, reinterpret_cast<std::int16_t*>(out), level)
                          : NarrowTo(size, add, reinterpret_cast<std::uint8_t*>(out), level);
}

void Narrow(std::span<const float> levels, int add, Arithmetic to, std::byte* out) {
  NarrowAs(to, levels.size(), add, out,
           [&](std::size_t i, std::size_t count) HWY_ATTR { return LoadSome(&levels[i], count); });
}

void NarrowLevels(const InputCode& code, std::span<const float> inputs, int add, Arithmetic to,
                  std::byte* out) {
  NarrowAs(to, inputs.size(), add, out, LevelOf(code, inputs));
}

}  // namespace

const ElementKernels& ElementTable() {
  static const ElementKernels table{.levels = InputLevels,
                                    .digits = Digits,
                                    .narrow = Narrow,
                                    .narrow_levels = NarrowLevels,
                                    .scale_noise = ScaleNoise};
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
