#include "mho/array/executors/kernel_lines.h"

// simd_dispatch and foreach_target must come before highway
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mho/array/executors/kernel_lines.cc"
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
  if (j == end) return;
  float sums[16] = {};  // what is left of a row, row by row as it lies in memory
  for (std::size_t i = 0; i < rows; ++i) {
    const float* HWY_RESTRICT p = plus + i * stride + j;
    const float* HWY_RESTRICT m = minus ? minus + i * stride + j : nullptr;
    for (std::size_t k = 0; k < end - j; ++k) sums[k] += x[i] * (p[k] - (m ? m[k] : 0.0f));
  }
  for (std::size_t k = 0; k < end - j; ++k) y[j + k] = sums[k];
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

}  // namespace HWY_NAMESPACE
}  // namespace mho::array
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mho::array {
HWY_EXPORT(ColumnsOfDifference);
HWY_EXPORT(RowOfDifference);

void columns_of_difference(const float* plus, const float* minus, std::size_t stride, const float* x,
                           std::size_t rows, float* y, std::size_t begin, std::size_t end) {
  core::dispatched(HWY_DISPATCH_TABLE(ColumnsOfDifference))(plus, minus, stride, x, rows, y, begin, end);
}

float row_of_difference(const float* plus, const float* minus, const float* d, std::size_t n) {
  return core::dispatched(HWY_DISPATCH_TABLE(RowOfDifference))(plus, minus, d, n);
}

}  // namespace mho::array
#endif  // HWY_ONCE
