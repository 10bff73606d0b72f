#include "mho/array/learning/learning_kernels.h"

// simd_dispatch and foreach_target must come before highway
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/learning/learning_kernels.cc"
#include "mho/core/simd_dispatch.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace mho::array {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Vectors of columns summed in one pass over the rows.
constexpr std::size_t kWide = 8;

// Each column sums its rows in order, so the result does not depend on how columns are shared among threads.
void ColumnsOfDifference(const float* HWY_RESTRICT plus, const float* HWY_RESTRICT minus, std::size_t stride,
                         const float* HWY_RESTRICT x, std::size_t rows, float* HWY_RESTRICT y,
                         std::size_t begin, std::size_t end) {
  const hn::CappedTag<float, 16> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t j = begin;
  for (; j + kWide * lanes <= end; j += kWide * lanes) {
    hn::Vec<decltype(d)> sum[kWide];
    for (auto& s : sum) s = hn::Zero(d);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto xi = hn::Set(d, x[i]);
      for (std::size_t k = 0; k < kWide; ++k) {
        const std::size_t at = i * stride + j + k * lanes;
        auto g = hn::LoadU(d, plus + at);
        if (minus) g = hn::Sub(g, hn::LoadU(d, minus + at));
        sum[k] = hn::Add(sum[k], hn::Mul(xi, g));
      }
    }
    for (std::size_t k = 0; k < kWide; ++k) hn::StoreU(sum[k], d, y + j + k * lanes);
  }
  for (; j + lanes <= end; j += lanes) {
    auto sum = hn::Zero(d);
    for (std::size_t i = 0; i < rows; ++i) {
      auto g = hn::LoadU(d, plus + i * stride + j);
      if (minus) g = hn::Sub(g, hn::LoadU(d, minus + i * stride + j));
      sum = hn::Add(sum, hn::Mul(hn::Set(d, x[i]), g));
    }
    hn::StoreU(sum, d, y + j);
  }
  for (; j < end; ++j) {
    float sum = 0;
    for (std::size_t i = 0; i < rows; ++i)
      sum += x[i] * (plus[i * stride + j] - (minus ? minus[i * stride + j] : 0.0f));
    y[j] = sum;
  }
}

// Sixteen partial sums whatever the width of a vector: the same bits on every target.
float RowOfDifference(const float* HWY_RESTRICT plus, const float* HWY_RESTRICT minus,
                      const float* HWY_RESTRICT v, std::size_t n) {
  const hn::CappedTag<float, 16> d;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN float partial[16] = {};
  for (std::size_t part = 0; part < 16; part += lanes) {
    auto sum = hn::Zero(d);
    for (std::size_t j = part; j + lanes <= n / 16 * 16; j += 16) {
      auto g = hn::LoadU(d, plus + j);
      if (minus) g = hn::Sub(g, hn::LoadU(d, minus + j));
      sum = hn::Add(sum, hn::Mul(hn::LoadU(d, v + j), g));
    }
    hn::Store(sum, d, partial + part);
  }
  for (std::size_t j = n / 16 * 16; j < n; ++j)
    partial[j % 16] += v[j] * (plus[j] - (minus ? minus[j] : 0.0f));
  for (std::size_t half = 8; half > 0; half /= 2) {
    for (std::size_t k = 0; k < half; ++k) partial[k] += partial[k + half];
  }
  return partial[0];
}

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
HWY_EXPORT(ColumnsOfDifference);
HWY_EXPORT(RowOfDifference);
HWY_EXPORT(PulseTrains);
HWY_EXPORT(Coincidences);

void columns_of_difference(const float* plus, const float* minus, std::size_t stride, const float* x,
                           std::size_t rows, float* y, std::size_t begin, std::size_t end) {
  HWY_DYNAMIC_DISPATCH(ColumnsOfDifference)(plus, minus, stride, x, rows, y, begin, end);
}

float row_of_difference(const float* plus, const float* minus, const float* d, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(RowOfDifference)(plus, minus, d, n);
}

void pulse_trains(const std::uint32_t* bits, const std::uint32_t* below, int length, std::uint32_t* trains,
                  std::size_t lines) {
  HWY_DYNAMIC_DISPATCH(PulseTrains)(bits, below, length, trains, lines);
}

std::uint64_t coincidences(std::uint32_t row, bool row_negative, const std::uint32_t* columns,
                           const std::uint32_t* column_negative, std::int32_t* counts, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(Coincidences)(row, row_negative, columns, column_negative, counts, n);
}

}  // namespace mho::array
#endif  // HWY_ONCE
