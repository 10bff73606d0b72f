#include "mho/array/learning/pulse_kernels.h"

// simd_dispatch and foreach_target must come before highway
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/learning/pulse_kernels.cc"
#include "mho/core/simd_dispatch.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace mho::array {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void PulseTrains(const std::uint32_t* HWY_RESTRICT bits, const std::uint32_t* HWY_RESTRICT below, int length,
                 std::uint32_t* HWY_RESTRICT trains, std::size_t lines) {
  const hn::CappedTag<std::uint32_t, 16> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t line = 0; line < lines; ++line) {
    const auto limit = hn::Set(d, below[line]);
    std::uint32_t pulses = 0;
    for (std::size_t slot = 0; slot < 32; slot += lanes) {
      std::uint8_t bytes[8] = {};
      hn::StoreMaskBits(d, hn::Lt(hn::LoadU(d, bits + 32 * line + slot), limit), bytes);
      const std::uint32_t some = bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8;
      pulses |= (some & ((1u << lanes) - 1u)) << slot;
    }
    trains[line] = pulses & ((1u << length) - 1u);
  }
}

std::uint64_t Coincidences(std::uint32_t row, bool row_negative, const std::uint32_t* HWY_RESTRICT columns,
                           const std::uint32_t* HWY_RESTRICT column_negative,
                           std::int32_t* HWY_RESTRICT counts, std::size_t n) {
  const hn::ScalableTag<std::uint32_t> d;
  const hn::RebindToSigned<decltype(d)> di;
  const std::size_t lanes = hn::Lanes(d);
  const auto pulses = hn::Set(d, row);
  const auto flipped = hn::Set(d, row_negative ? 1u : 0u);
  auto sums = hn::Zero(d);  // of up to 31 a cell: no lane overflows before 2^27 cells
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const auto size = hn::PopulationCount(hn::And(pulses, hn::LoadU(d, columns + j)));
    sums = hn::Add(sums, size);
    const auto count = hn::BitCast(di, size);
    const auto negative = hn::BitCast(
        di, hn::Sub(hn::Zero(d), hn::Xor(flipped, hn::LoadU(d, column_negative + j))));  // 0 or all ones
    hn::StoreU(hn::Sub(hn::Xor(count, negative), negative), di, counts + j);
  }
  std::uint64_t sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (; j < n; ++j) {
    const int count = __builtin_popcount(row & columns[j]);
    sum += static_cast<std::uint64_t>(count);
    counts[j] = (column_negative[j] != 0) != row_negative ? -count : count;
  }
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace mho::array
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::array {
HWY_EXPORT(PulseTrains);
HWY_EXPORT(Coincidences);

void pulse_trains(const std::uint32_t* bits, const std::uint32_t* below, int length, std::uint32_t* trains,
                  std::size_t lines) {
  core::dispatched(HWY_DISPATCH_TABLE(PulseTrains))(bits, below, length, trains, lines);
}

std::uint64_t coincidences(std::uint32_t row, bool row_negative, const std::uint32_t* columns,
                           const std::uint32_t* column_negative, std::int32_t* counts, std::size_t n) {
  return core::dispatched(HWY_DISPATCH_TABLE(Coincidences))(row, row_negative, columns, column_negative,
                                                            counts, n);
}

}  // namespace mho::array
#endif  // HWY_ONCE
