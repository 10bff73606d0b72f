#include "mho/device/update_kernels.h"

#include <algorithm>
#include <cmath>

// simd_dispatch and foreach_target must come before highway
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/device/update_kernels.cc"
#include "mho/core/simd_dispatch.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace mho::device {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Products and sums are rounded one by one (no fused multiply-add), so that every target gives the same bits.
void UpdateByTable(const TableKernel& table, float* HWY_RESTRICT g, const float* HWY_RESTRICT column,
                   float scale, const std::uint32_t* HWY_RESTRICT bits, bool high_half,
                   const std::uint8_t* member, std::size_t n) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::Rebind<std::uint8_t, decltype(di)> d8;
  const std::size_t lanes = hn::Lanes(d);
  const auto last_interval = hn::Set(di, table.nodes - 2);
  const auto nodes = hn::Set(d, static_cast<float>(table.nodes - 1));
  const auto zero = hn::Zero(d);
  const auto one = hn::Set(d, 1.0f);
  const auto v_scale = hn::Set(d, scale);
  const auto mean_unit = hn::Set(d, table.mean_unit);
  const auto spread_scale = hn::Set(d, std::sqrt(std::fabs(scale)) * table.spread_unit);
  int bits_of_bins = 0;
  while ((1 << bits_of_bins) < table.bins) ++bits_of_bins;
  const int bits_of_rest = 16 - bits_of_bins;
  const auto rest_mask = hn::Set(du, (1u << bits_of_rest) - 1u);
  const auto rest_range = hn::Set(d, static_cast<float>(1u << bits_of_rest));
  const auto* spread_base = reinterpret_cast<const std::int32_t*>(table.spread);

  const auto step = [&](auto load_f, auto load_u, auto load_m, std::size_t j) {
    const auto state = load_f(g + j);
    const auto wanted = load_f(column + j);
    const auto request = hn::Mul(v_scale, wanted);
    const auto magnitude = hn::Abs(request);
    const auto down = hn::IfThenElseZero(hn::RebindMask(di, hn::Lt(request, zero)), hn::Set(di, 1));
    const auto curve = hn::Add(hn::Add(load_m(j), load_m(j)), down);  // member·2 + direction

    const auto position = hn::Mul(state, nodes);
    const auto node = hn::Min(hn::ConvertTo(di, position), last_interval);
    const auto fraction = hn::Sub(position, hn::ConvertTo(d, node));
    const auto at = hn::Add(hn::Mul(curve, hn::Set(di, table.nodes)), node);
    const auto both = hn::GatherIndex(di, table.mean, at);
    const auto m0 = hn::ConvertTo(d, hn::ShiftRight<16>(hn::ShiftLeft<16>(both)));
    const auto m1 = hn::ConvertTo(d, hn::ShiftRight<16>(both));
    const auto mean = hn::Mul(mean_unit, hn::Add(m0, hn::Mul(fraction, hn::Sub(m1, m0))));

    // The upper bits of u choose the bin, the lower ones the node: the spread of the node above as often as
    // the state is near it.
    const auto word = load_u(bits + j);
    const auto u16 = high_half ? hn::ShiftRight<16>(word) : hn::And(word, hn::Set(du, 0xffffu));
    const auto bin = hn::BitCast(di, hn::ShiftRightSame(u16, bits_of_rest));
    const auto rest = hn::ConvertTo(d, hn::BitCast(di, hn::And(u16, rest_mask)));
    const auto above =
        hn::IfThenElseZero(hn::RebindMask(di, hn::Lt(rest, hn::Mul(fraction, rest_range))), hn::Set(di, 1));
    const auto nearest = hn::Add(at, above);
    const auto cell = hn::Add(hn::ShiftLeftSame(nearest, bits_of_bins), bin);
    const auto pair = hn::GatherOffset(di, spread_base, hn::Add(cell, cell));  // low 16 bits are ours
    const auto spread = hn::ConvertTo(d, hn::ShiftRight<16>(hn::ShiftLeft<16>(pair)));

    const auto change =
        hn::Add(hn::Mul(magnitude, mean), hn::Mul(hn::Mul(spread_scale, hn::Sqrt(hn::Abs(wanted))), spread));
    return hn::Min(hn::Max(hn::Add(state, change), zero), one);
  };
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const auto f = [&](const float* p) { return hn::LoadU(d, p); };
    const auto u = [&](const std::uint32_t* p) { return hn::LoadU(du, p); };
    const auto m = [&](std::size_t k) {
      return member ? hn::PromoteTo(di, hn::LoadU(d8, member + k)) : hn::Zero(di);
    };
    hn::StoreU(step(f, u, m, j), d, g + j);
  }
  if (j < n) {  // the rest through buffers of a full vector
    const std::size_t rest = n - j;
    HWY_ALIGN float fg[HWY_MAX_BYTES / 4] = {}, fc[HWY_MAX_BYTES / 4] = {};
    HWY_ALIGN std::uint32_t fb[HWY_MAX_BYTES / 4] = {};
    HWY_ALIGN std::int32_t fm[HWY_MAX_BYTES / 4] = {};
    for (std::size_t k = 0; k < rest; ++k) {
      fg[k] = g[j + k];
      fc[k] = column[j + k];
      fb[k] = bits[j + k];
      fm[k] = member ? member[j + k] : 0;
    }
    const auto f = [&](const float* p) { return hn::Load(d, p == g + j ? fg : fc); };
    const auto u = [&](const std::uint32_t*) { return hn::Load(du, fb); };
    const auto m = [&](std::size_t) { return hn::Load(di, fm); };
    HWY_ALIGN float out[HWY_MAX_BYTES / 4];
    hn::Store(step(f, u, m, j), d, out);
    for (std::size_t k = 0; k < rest; ++k) g[j + k] = out[k];
  }
}

// Runs `cell(load)` over n elements; `load(p)` gives p[j…], the last vector from padded copies.
template <typename Cell>
HWY_INLINE void ForEach(float* HWY_RESTRICT g, std::size_t n, const Cell& cell) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    hn::StoreU(cell([&](const float* p) { return hn::LoadU(d, p + j); }), d, g + j);
  }
  if (j < n) {
    HWY_ALIGN float out[HWY_MAX_BYTES / 4];
    const auto load = [&](const float* p) {
      HWY_ALIGN float padded[HWY_MAX_BYTES / 4] = {};
      for (std::size_t k = 0; j + k < n; ++k) padded[k] = p[j + k];
      return hn::Load(d, padded);
    };
    hn::Store(cell(load), d, out);
    for (std::size_t k = 0; j + k < n; ++k) g[j + k] = out[k];
  }
}

void UpdateBySteps(const UpdateModel& model, const StepCells& cells, float* HWY_RESTRICT g,
                   const float* HWY_RESTRICT column, float scale, const float* HWY_RESTRICT normal,
                   std::size_t n) {
  const hn::ScalableTag<float> d;
  const auto& p = model.step;
  const auto zero = hn::Zero(d);
  const auto one = hn::Set(d, 1.0f);
  const auto set = [&](double value) HWY_ATTR { return hn::Set(d, static_cast<float>(value)); };
  const auto pulses_per_unit = set(scale / p.step);
  const auto range = set(p.bound_max - p.bound_min);
  const auto z_slope = set(2 * p.a / (p.bound_max - p.bound_min));
  const auto z_offset = set(p.b);
  const auto c2c = set(p.step_c2c);
  const UpdateKind kind = model.nonlinearity ? model.kind : UpdateKind::constant;

  ForEach(g, n, [&](const auto& load) HWY_ATTR {
    const auto or_else = [&](const float* own, double common)
                             HWY_ATTR { return own ? load(own) : set(common); };
    const auto state = load(g);
    const auto signed_pulses = hn::Mul(pulses_per_unit, load(column));
    const auto down = hn::Lt(signed_pulses, zero);
    const auto pulses = hn::Abs(signed_pulses);
    const auto top = or_else(cells.bound_max, p.bound_max);
    const auto bottom = or_else(cells.bound_min, p.bound_min);
    auto step = hn::IfThenElse(down, or_else(cells.step_down, p.step * (1 - std::max(p.up_down, 0.0))),
                               or_else(cells.step_up, p.step * (1 + std::min(p.up_down, 0.0))));
    const auto bound = hn::IfThenElse(down, bottom, top);
    const auto gamma =
        hn::IfThenElse(down, or_else(cells.gamma_down, p.gamma_down), or_else(cells.gamma_up, p.gamma_up));
    if (kind == UpdateKind::linear) {
      step = hn::Mul(step, hn::Sub(one, hn::Mul(gamma, hn::Div(state, bound))));
    } else if (kind == UpdateKind::soft_bounds) {
      step = hn::Mul(step, hn::Sub(one, hn::Div(state, bound)));
    } else if (kind == UpdateKind::exponential) {
      const auto z = hn::Add(hn::Mul(z_slope, state), z_offset);
      const auto toward = hn::Mul(gamma, hn::IfThenElse(down, hn::Neg(z), z));
      const auto factor = hn::IfThenElse(down, set(p.a_down), set(p.a_up));
      step = hn::Mul(step, hn::Max(zero, hn::Sub(one, hn::Mul(factor, hn::Exp(d, toward)))));
    } else if (kind == UpdateKind::power) {
      const auto room = hn::Max(
          hn::Div(hn::IfThenElse(down, hn::Sub(state, bottom), hn::Sub(top, state)), range), set(1e-12));
      step = hn::Mul(step, hn::Exp(d, hn::Mul(gamma, hn::Log(d, room))));
    }
    const auto signed_step = hn::IfThenElse(down, hn::Neg(step), step);
    auto change = hn::Mul(pulses, signed_step);
    if (normal)
      change = hn::Add(change, hn::Mul(hn::Mul(hn::Sqrt(pulses), hn::Mul(signed_step, c2c)), load(normal)));
    return hn::Min(hn::Max(hn::Add(state, change), bottom), top);
  });
}

void RequestsOfPulses(const std::int32_t* HWY_RESTRICT counts, float up, float down,
                      float* HWY_RESTRICT request, std::size_t n) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const auto count = hn::ConvertTo(d, hn::LoadU(di, counts + j));
    const auto step = hn::IfThenElse(hn::Lt(count, hn::Zero(d)), hn::Set(d, down), hn::Set(d, up));
    hn::StoreU(hn::Mul(count, step), d, request + j);
  }
  for (; j < n; ++j) request[j] = static_cast<float>(counts[j]) * (counts[j] < 0 ? down : up);
}

}  // namespace HWY_NAMESPACE
}  // namespace mho::device
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::device {
HWY_EXPORT(UpdateByTable);
HWY_EXPORT(UpdateBySteps);
HWY_EXPORT(RequestsOfPulses);

void update_by_table(const TableKernel& table, float* g, const float* column, float scale,
                     const std::uint32_t* bits, bool high_half, const std::uint8_t* member, std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(UpdateByTable))(table, g, column, scale, bits, high_half, member, n);
}

void update_by_steps(const UpdateModel& model, const StepCells& cells, float* g, const float* column,
                     float scale, const float* normal, std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(UpdateBySteps))(model, cells, g, column, scale, normal, n);
}

void requests_of_pulses(const std::int32_t* counts, float up, float down, float* request, std::size_t n) {
  core::dispatched(HWY_DISPATCH_TABLE(RequestsOfPulses))(counts, up, down, request, n);
}

}  // namespace mho::device
#endif  // HWY_ONCE
