#include "mho/array/executors/kernel_stairs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/executors/kernel_stairs.cc"
// clang-format off
#include "mho/core/simd_dispatch.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace mho::array::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

void Climb(const StairsJob& job) {
  using F = HWY_FULL(float);
  using I = hn::RebindToSigned<F>;
  const F d;
  const I di;
  constexpr std::size_t lanes = hn::MaxLanes(d);
  const Stairs& s = *job.stairs;
  const auto low = hn::Set(d, s.low), high = hn::Set(d, s.high), scale = hn::Set(d, s.cells_a_unit);
  const auto last_cell = hn::Set(d, static_cast<float>(s.cells - 1));
  const auto weight = hn::Set(d, job.weight);
  std::uint64_t outside = 0;
  for (std::size_t v = 0; v < job.vectors; ++v) {
    const float* currents = job.currents + v * job.stride;
    float* answers = job.answers + v * job.answer_stride;
    for (std::size_t col = 0; col < job.columns; col += lanes) {
      auto current = hn::LoadU(d, currents + col);
      if (job.noise != nullptr) current = hn::Add(current, hn::LoadU(d, job.noise + v * job.stride + col));
      if (job.clipped != nullptr) {
        const auto there = hn::FirstN(d, std::min(lanes, job.columns - col));
        outside += hn::CountTrue(d, hn::And(there, hn::Or(hn::Lt(current, low), hn::Gt(current, high))));
      }
      current = hn::Min(hn::Max(current, low), high);
      const auto at = hn::Min(hn::Mul(hn::Sub(current, low), scale), last_cell);
      const auto cell = hn::Add(hn::ConvertTo(di, at), hn::LoadU(di, &s.first_cell[col]));
      auto step = hn::Add(hn::GatherIndex(di, s.below.data(), cell), hn::LoadU(di, &s.first_step[col]));
      for (std::int32_t n = 0; n < s.most; ++n) {
        const auto above = hn::Lt(hn::GatherIndex(d, s.thresholds.data(), step), current);
        step = hn::Sub(step, hn::BitCast(di, hn::VecFromMask(d, above)));
      }
      const auto value = hn::GatherIndex(d, s.values.data(), step);
      hn::StoreU(hn::MulAdd(value, weight, hn::LoadU(d, answers + col)), d, answers + col);
    }
  }
  if (job.clipped != nullptr) *job.clipped += outside;
}

}  // namespace

StairsKernel ClimbStairs() { return Climb; }

}  // namespace mho::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::array {

StairsKernel stairs_kernel(core::Isa isa) {
#if HWY_ARCH_X86
  if (isa == core::Isa::avx512) return N_AVX3::ClimbStairs();
  if (isa == core::Isa::avx2) return N_AVX2::ClimbStairs();
#endif
  (void)isa;
  return HWY_STATIC_DISPATCH(ClimbStairs)();
}

Stairs make_stairs(const Converters& c, std::size_t columns) {
  Stairs s;
  s.low = static_cast<float>(c.range.lo);
  s.high = static_cast<float>(c.range.hi);
  s.cells = 4 << c.bits;
  s.cells_a_unit = static_cast<float>(s.cells / (c.range.hi - c.range.lo));
  const std::size_t group = c.ramp_offsets.empty() ? std::max<std::size_t>(c.group_columns, 1) : 1;
  const bool alike = c.kind == AdcKind::ramp && c.ramp_offsets.empty();
  for (std::size_t column = 0; column < (columns + 15) / 16 * 16; ++column) {
    const bool same = column > 0 && (column >= columns || alike || column % group != 0);
    if (same) {
      s.first_cell.push_back(s.first_cell.back());
      s.first_step.push_back(s.first_step.back());
      continue;
    }
    const Staircase stairs = staircase(c, column);
    s.first_cell.push_back(static_cast<std::int32_t>(s.below.size()));
    s.first_step.push_back(static_cast<std::int32_t>(s.values.size()));
    // Rounding may put a current into the next cell: cells overlap by a hundredth.
    const auto below = [&](double cell) {
      const double edge = s.low + cell / s.cells_a_unit;
      return static_cast<std::int32_t>(
          std::lower_bound(stairs.thresholds.begin(), stairs.thresholds.end(), edge) -
          stairs.thresholds.begin());
    };
    const auto all = static_cast<std::int32_t>(stairs.thresholds.size());
    for (std::int32_t cell = 0; cell < s.cells; ++cell) {
      s.below.push_back(cell == 0 ? 0 : below(cell - 0.01));
      s.most = std::max(s.most, (cell == s.cells - 1 ? all : below(cell + 1.01)) - s.below.back());
    }
    s.thresholds.insert(s.thresholds.end(), stairs.thresholds.begin(), stairs.thresholds.end());
    s.thresholds.push_back(std::numeric_limits<float>::infinity());
    s.values.insert(s.values.end(), stairs.values.begin(), stairs.values.end());
  }
  return s;
}

}  // namespace mho::array
#endif
