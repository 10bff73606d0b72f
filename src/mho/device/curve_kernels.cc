#include "mho/device/curve_kernels.h"

// simd_dispatch and foreach_target must come before highway
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/device/curve_kernels.cc"
#include "mho/core/simd_dispatch.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace mho::device {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Stores f(x) for every vector of x; the last, incomplete one through a buffer.
template <class F>
HWY_INLINE void Map(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, std::size_t n, const F& f) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, x + i)), d, y + i);
  if (i == n) return;
  HWY_ALIGN float rest[HWY_MAX_BYTES / sizeof(float)] = {};
  for (std::size_t k = 0; k < lanes; ++k) rest[k] = x[i + k < n ? i + k : n - 1];
  hn::Store(f(hn::Load(d, rest)), d, rest);
  for (std::size_t k = 0; i + k < n; ++k) y[i + k] = rest[k];
}

void Polynomial(const double* c, std::size_t count, const float* x, float* y, std::size_t n) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> df;
  const std::size_t lanes = hn::Lanes(d);
  const auto value = [&](auto at) HWY_ATTR {
    const auto v = hn::PromoteTo(d, at);
    auto sum = hn::Set(d, c[count - 1]);
    for (std::size_t k = count - 1; k-- > 0;) sum = hn::Add(hn::Mul(sum, v), hn::Set(d, c[k]));
    return hn::DemoteTo(df, sum);
  };
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(value(hn::LoadU(df, x + i)), df, y + i);
  for (; i < n; ++i) {
    double sum = c[count - 1];
    for (std::size_t k = count - 1; k-- > 0;) sum = sum * static_cast<double>(x[i]) + c[k];
    y[i] = static_cast<float>(sum);
  }
}

void Saturating(double height, double scale, const float* x, float* y, std::size_t n) {
  const hn::ScalableTag<float> d;
  const auto minus_height = hn::Set(d, static_cast<float>(-height));
  const auto rate = hn::Set(d, static_cast<float>(-1 / scale));
  Map(x, y, n, [&](auto v) HWY_ATTR { return hn::Mul(minus_height, hn::Expm1(d, hn::Mul(rate, v))); });
}

void Power(double c, double exponent, const float* x, float* y, std::size_t n) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, static_cast<float>(c)), power = hn::Set(d, static_cast<float>(exponent));
  Map(x, y, n, [&](auto v) HWY_ATTR { return hn::Mul(factor, hn::Exp(d, hn::Mul(power, hn::Log(d, v)))); });
}

void Logarithm(double slope, double offset, const float* x, float* y, std::size_t n) {
  const hn::ScalableTag<float> d;
  const auto a = hn::Set(d, static_cast<float>(slope)), b = hn::Set(d, static_cast<float>(offset));
  Map(x, y, n, [&](auto v) HWY_ATTR { return hn::Add(hn::Mul(a, hn::Log(d, v)), b); });
}

void Points(const double* p, std::size_t count, const float* x, float* y, std::size_t n) {
  const hn::ScalableTag<float> d;
  const auto set = [&](double v) HWY_ATTR { return hn::Set(d, static_cast<float>(v)); };
  Map(x, y, n, [&](auto v) HWY_ATTR {
    auto value = hn::Zero(d);
    for (std::size_t k = 0; k + 1 < count; ++k) {
      const double* q = p + 2 * k;
      const auto line =
          hn::Add(set(q[1]), hn::Mul(hn::Sub(v, set(q[0])), set((q[3] - q[1]) / (q[2] - q[0]))));
      value = k == 0 ? line : hn::IfThenElse(hn::Gt(v, set(q[0])), line, value);
    }
    return value;
  });
}

/// Calls f(load, store) for every vector of cells; the last, incomplete one through a buffer.
template <class F>
HWY_INLINE void ForCells(float* HWY_RESTRICT g, std::size_t n, const F& f) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(f([&](const float* at) HWY_ATTR { return hn::LoadU(d, at + i); }), d, g + i);
  if (i == n) return;
  const std::size_t left = n - i;
  const auto load = [&](const float* at) HWY_ATTR {
    HWY_ALIGN float rest[HWY_MAX_BYTES / sizeof(float)];
    for (std::size_t k = 0; k < lanes; ++k) rest[k] = at[i + (k < left ? k : 0)];
    return hn::Load(d, rest);
  };
  HWY_ALIGN float out[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(f(load), d, out);
  for (std::size_t k = 0; k < left; ++k) g[i + k] = out[k];
}

void Decay(float* HWY_RESTRICT g, const float* HWY_RESTRICT nu, const float* HWY_RESTRICT spread,
           const float* HWY_RESTRICT normal, float log_ratio, std::size_t n) {
  const hn::ScalableTag<float> d;
  const auto minus = hn::Set(d, -log_ratio);
  ForCells(g, n, [&](const auto& load) HWY_ATTR {
    const auto exponent = hn::Abs(hn::Add(load(nu), hn::Mul(load(spread), load(normal))));
    return hn::Mul(load(g), hn::Exp(d, hn::Mul(minus, exponent)));
  });
}

void Relax(float* HWY_RESTRICT g, const float* HWY_RESTRICT normal, float specific, float neutral, float keep,
           float spread, std::size_t n) {
  const hn::ScalableTag<float> d;
  const auto one = hn::Set(d, 1.0f), large = hn::Set(d, 20.0f);
  const auto per_specific = hn::Set(d, 1 / specific), v_specific = hn::Set(d, specific);
  const auto v_neutral = hn::Set(d, neutral), v_keep = hn::Set(d, keep), v_spread = hn::Set(d, spread);
  ForCells(g, n, [&](const auto& load) HWY_ATTR {
    const auto current = hn::Max(load(g), hn::Set(d, 1e-12f));  // so that ln stays finite
    const auto root = hn::Sqrt(hn::Mul(current, per_specific));
    const auto u = hn::IfThenElse(hn::Gt(root, large), root, hn::Log(d, hn::Expm1(d, hn::Min(root, large))));
    const auto moved =
        hn::Sub(hn::Add(v_neutral, hn::Mul(hn::Sub(u, v_neutral), v_keep)), hn::Mul(v_spread, load(normal)));
    const auto log = hn::IfThenElse(hn::Gt(moved, large), moved,
                                    hn::Log(d, hn::Add(one, hn::Exp(d, hn::Min(moved, large)))));
    const auto small = hn::Exp(d, hn::Min(moved, large));  // ln(1 + e^u) = e^u far below threshold
    const auto l = hn::IfThenElse(hn::Lt(moved, hn::Set(d, -7.0f)), small, log);
    return hn::Mul(v_specific, hn::Mul(l, l));
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace mho::device
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::device {
HWY_EXPORT(Polynomial);
HWY_EXPORT(Saturating);
HWY_EXPORT(Power);
HWY_EXPORT(Logarithm);
HWY_EXPORT(Points);
HWY_EXPORT(Decay);
HWY_EXPORT(Relax);

void evaluate_polynomial(const double* c, std::size_t count, const float* x, float* y, std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(Polynomial))(c, count, x, y, n);
}
void evaluate_saturating(double height, double scale, const float* x, float* y, std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(Saturating))(height, scale, x, y, n);
}
void evaluate_power(double c, double exponent, const float* x, float* y, std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(Power))(c, exponent, x, y, n);
}
void evaluate_logarithm(double slope, double offset, const float* x, float* y, std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(Logarithm))(slope, offset, x, y, n);
}
void evaluate_points(const double* p, std::size_t count, const float* x, float* y, std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(Points))(p, count, x, y, n);
}
void decay_by_power(float* g, const float* nu, const float* spread, const float* normal, float log_ratio,
                    std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(Decay))(g, nu, spread, normal, log_ratio, n);
}
void relax_threshold(float* g, const float* normal, float specific, float neutral, float keep, float spread,
                     std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(Relax))(g, normal, specific, neutral, keep, spread, n);
}
}  // namespace mho::device
#endif
