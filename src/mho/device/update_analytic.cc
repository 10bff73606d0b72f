// The analytic models, one cell or both cells of a pair at a time, one source for every SIMD target.
//
// With E = 1 - exp(-a·|r|/range) for a request r the asymmetric model moves by (target - g)·E. The symmetric
// one, a logistic curve between lo - m and hi + m, m = range/(exp(a) - 1), moves with E = 1 -
// exp(-2a·|r|/range) and D = 1 - E by s·t·E/(s + t·D) up and by s·t·E/(t + s·D) down, where s = (g - lo) + m
// and t = (hi - g) + m. So both cells of a pair, asked for opposite changes, share one exponential, and no
// small change is the difference of two large numbers.

#include <cmath>
#include <type_traits>

#include "mho/device/update_kernels.h"

// simd_dispatch and foreach_target must come before highway
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/device/update_analytic.cc"
#include "mho/core/simd_dispatch.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace mho::device {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

using Shape = AnalyticKernel::Shape;
using Noise = AnalyticKernel::Noise;

/// 1 - exp(-r) for |r| <= ln(2)/2: minimax in relative error, 1.3e-8 before rounding.
HWY_INLINE V OneMinusExpOfSmall(V r) {
  const D d;
  static constexpr float c[] = {-0.49999998f, 0.16666543f, -0.041667202f, 0.0083665803f, -0.0013882510f};
  V p = hn::Set(d, c[4]);
  for (int k = 3; k >= 0; --k) p = hn::Add(hn::Mul(p, r), hn::Set(d, c[k]));
  return hn::Add(r, hn::Mul(hn::Mul(p, r), r));
}

struct Decay {
  V filled, left;  ///< 1 - exp(-x), exp(-x)
};

/// For x >= 0, relative errors below 3e-7 also where x is tiny: exp(-x) = 2^-k·exp(-r).
HWY_INLINE Decay DecayOf(V x) {
  const D d;
  const hn::RebindToSigned<D> di;
  const auto set = [&](double value) HWY_ATTR { return hn::Set(d, static_cast<float>(value)); };
  // Most requests are small. Where k is 0 for all of them the rest would leave their bits as they are.
  if (HWY_LIKELY(hn::AllTrue(d, hn::Lt(x, set(0.34))))) {
    const V filled = OneMinusExpOfSmall(x);
    return {filled, hn::Sub(set(1), filled)};
  }
  const V bounded = hn::Min(x, set(80));
  const V k = hn::Round(hn::Mul(bounded, set(1.4426950408889634)));
  // ln 2 in two parts: k times the first is exact.
  const V r = hn::Sub(hn::Sub(bounded, hn::Mul(k, set(0.693359375))), hn::Mul(k, set(-2.12194440e-4)));
  const auto exponent = hn::ShiftLeft<23>(hn::Sub(hn::Set(di, 127), hn::ConvertTo(di, k)));
  const V part = hn::BitCast(d, exponent);
  const V p = OneMinusExpOfSmall(r);
  return {hn::Add(hn::Sub(set(1), part), hn::Mul(part, p)), hn::Mul(part, hn::Sub(set(1), p))};
}

/// The state after a request of the size `magnitude`, of which `down` says the direction.
template <Shape shape, Noise noise, typename Mask>
HWY_INLINE V After(const AnalyticKernel& c, V state, V magnitude, const Decay& decay, Mask down, V normal) {
  const D d;
  V change = magnitude;
  if constexpr (shape == Shape::straight) {
    change = hn::IfThenElse(down, hn::Neg(magnitude), magnitude);
  } else if constexpr (shape == Shape::asymmetric) {
    const V target = hn::IfThenElse(down, hn::Set(d, c.target_down), hn::Set(d, c.target_up));
    change = hn::Mul(hn::Sub(target, state), decay.filled);
  } else {
    const V margin = hn::Set(d, c.margin);
    const V s = hn::Add(hn::Sub(state, hn::Set(d, c.lo)), margin);
    const V t = hn::Add(hn::Sub(hn::Set(d, c.hi), state), margin);
    const V from = hn::IfThenElse(down, t, s), to = hn::IfThenElse(down, s, t);
    const V size = hn::Div(hn::Mul(hn::Mul(s, t), decay.filled), hn::Add(from, hn::Mul(to, decay.left)));
    change = hn::IfThenElse(down, hn::Neg(size), size);
  }
  if constexpr (noise != Noise::none) {
    V spread = hn::Mul(hn::Set(d, c.sigma), hn::Sqrt(hn::Abs(change)));
    if constexpr (noise == Noise::proportional)
      spread = hn::Mul(spread, hn::Div(state, hn::Set(d, c.full_range)));
    if constexpr (noise == Noise::inverse) {  // the floor keeps a cell at zero that is asked for nothing
      const V least = hn::Set(d, 1e-6f * c.full_range);
      spread = hn::Mul(spread, hn::Div(hn::Set(d, c.full_range), hn::Max(hn::Abs(state), least)));
    }
    change = hn::Add(change, hn::Mul(spread, normal));
  }
  return hn::Min(hn::Max(hn::Add(state, change), hn::Set(d, c.lo)), hn::Set(d, c.hi));
}

/// One array, or where `pairs` both of a pair of arrays.
template <Shape shape, Noise noise, bool pairs>
void Run(const AnalyticKernel& c, float* HWY_RESTRICT plus, [[maybe_unused]] float* HWY_RESTRICT minus,
         const float* HWY_RESTRICT column, float scale,
         [[maybe_unused]] const float* HWY_RESTRICT plus_normal,
         [[maybe_unused]] const float* HWY_RESTRICT minus_normal, std::size_t n) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const V v_scale = hn::Set(d, scale), rate = hn::Set(d, c.rate), zero = hn::Zero(d);
  const auto some = [&](std::size_t j, const auto& load, const auto& store) HWY_ATTR {
    const V request = hn::Mul(v_scale, load(column + j));
    const V magnitude = hn::Abs(request);
    const auto down = hn::Lt(request, zero);
    Decay decay{zero, zero};
    if constexpr (shape != Shape::straight) decay = DecayOf(hn::Mul(rate, magnitude));
    V normal = zero;
    if constexpr (noise != Noise::none) normal = load(plus_normal + j);
    store(After<shape, noise>(c, load(plus + j), magnitude, decay, down, normal), plus + j);
    if constexpr (pairs) {
      if constexpr (noise != Noise::none) normal = load(minus_normal + j);
      store(After<shape, noise>(c, load(minus + j), magnitude, decay, hn::Not(down), normal), minus + j);
    }
  };
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    some(
        j, [&](const float* p) HWY_ATTR { return hn::LoadU(d, p); },
        [&](V v, float* p) HWY_ATTR { hn::StoreU(v, d, p); });
  }
  if (j < n) {  // the rest through buffers of a full vector
    const std::size_t rest = n - j;
    HWY_ALIGN float buffer[HWY_MAX_BYTES / 4] = {};
    some(
        j,
        [&](const float* p) HWY_ATTR {
          for (std::size_t k = 0; k < rest; ++k) buffer[k] = p[k];
          return hn::Load(d, buffer);
        },
        [&](V v, float* p) HWY_ATTR {
          hn::Store(v, d, buffer);
          for (std::size_t k = 0; k < rest; ++k) p[k] = buffer[k];
        });
  }
}

template <bool pairs>
void RunAny(const AnalyticKernel& c, float* plus, float* minus, const float* column, float scale,
            const float* plus_normal, const float* minus_normal, std::size_t n) {
  const auto with = [&](auto shape) {
    const auto also = [&](auto noise) {
      Run<shape(), noise(), pairs>(c, plus, minus, column, scale, plus_normal, minus_normal, n);
    };
    if (c.noise == Noise::none) also(std::integral_constant<Noise, Noise::none>());
    if (c.noise == Noise::independent) also(std::integral_constant<Noise, Noise::independent>());
    if (c.noise == Noise::proportional) also(std::integral_constant<Noise, Noise::proportional>());
    if (c.noise == Noise::inverse) also(std::integral_constant<Noise, Noise::inverse>());
  };
  if (c.shape == Shape::straight) with(std::integral_constant<Shape, Shape::straight>());
  if (c.shape == Shape::asymmetric) with(std::integral_constant<Shape, Shape::asymmetric>());
  if (c.shape == Shape::symmetric) with(std::integral_constant<Shape, Shape::symmetric>());
}

void UpdateAnalytic(const AnalyticKernel& kernel, float* g, const float* column, float scale,
                    const float* normal, std::size_t n) {
  RunAny<false>(kernel, g, nullptr, column, scale, normal, nullptr, n);
}

void UpdateAnalyticPairs(const AnalyticKernel& kernel, float* plus, float* minus, const float* column,
                         float scale, const float* plus_normal, const float* minus_normal, std::size_t n) {
  RunAny<true>(kernel, plus, minus, column, scale, plus_normal, minus_normal, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace mho::device
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::device {
HWY_EXPORT(UpdateAnalytic);
HWY_EXPORT(UpdateAnalyticPairs);

AnalyticKernel::AnalyticKernel(const UpdateModel& model) {
  const double range = model.hi - model.lo, a = model.alpha;
  lo = static_cast<float>(model.lo);
  hi = static_cast<float>(model.hi);
  sigma = static_cast<float>(model.write_noise * std::sqrt(range));
  full_range = static_cast<float>(range);
  if (model.noise && model.write_noise > 0) {
    noise = model.write_noise_kind == WriteNoise::proportional ? Noise::proportional
            : model.write_noise_kind == WriteNoise::inverse    ? Noise::inverse
                                                               : Noise::independent;
  }
  if (model.kind == UpdateKind::ideal || !model.nonlinearity || a < 1e-6) return;
  shape = model.kind == UpdateKind::symmetric ? Shape::symmetric : Shape::asymmetric;
  rate = static_cast<float>((shape == Shape::symmetric ? 2 : 1) * a / range);
  const double to_end = range / -std::expm1(-a);
  target_up = static_cast<float>(model.lo + to_end);
  target_down = static_cast<float>(model.hi - to_end);
  margin = static_cast<float>(range / std::expm1(a));
}

void update_analytic(const AnalyticKernel& kernel, float* g, const float* column, float scale,
                     const float* normal, std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(UpdateAnalytic))(kernel, g, column, scale, normal, n);
}

void update_analytic_pairs(const AnalyticKernel& kernel, float* plus, float* minus, const float* column,
                           float scale, const float* plus_normal, const float* minus_normal, std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(UpdateAnalyticPairs))(kernel, plus, minus, column, scale, plus_normal,
                                                            minus_normal, n);
}

}  // namespace mho::device
#endif  // HWY_ONCE
