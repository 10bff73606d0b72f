// Compiled once for each SIMD target by circuit_sweeps.cc.

#include <cstddef>

#include "hwy/highway.h"
#include "mho/array/wires/circuit_sweeps.h"

HWY_BEFORE_NAMESPACE();
namespace mho::array {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using Lanes = hn::CappedTag<T, 64 / sizeof(T)>;

template <typename T>
constexpr std::size_t lanes = hn::MaxLanes(Lanes<T>());

// Columns swept together: enough independent recursions to hide the latency of one.
constexpr std::size_t strip_vectors = 4;

/// dst(c, r) = src(r, c) for a tile of lanes × lanes.
#if HWY_TARGET == HWY_SCALAR
template <typename T>
HWY_INLINE void transpose(const T* src, std::size_t, T* dst, std::size_t) {
  *dst = *src;
}
#else
HWY_INLINE void transpose(const float* src, std::size_t src_stride, float* dst, std::size_t dst_stride) {
  const hn::FixedTag<float, 4> d;
  for (std::size_t c = 0; c < lanes<float>; c += 4) {
    for (std::size_t r = 0; r < lanes<float>; r += 4) {
      const float* from = src + r * src_stride + c;
      const auto r0 = hn::Load(d, from);
      const auto r1 = hn::Load(d, from + src_stride);
      const auto r2 = hn::Load(d, from + 2 * src_stride);
      const auto r3 = hn::Load(d, from + 3 * src_stride);
      const auto low01 = hn::InterleaveLower(d, r0, r1);
      const auto high01 = hn::InterleaveUpper(d, r0, r1);
      const auto low23 = hn::InterleaveLower(d, r2, r3);
      const auto high23 = hn::InterleaveUpper(d, r2, r3);
      float* to = dst + c * dst_stride + r;
      hn::Store(hn::ConcatLowerLower(d, low23, low01), d, to);
      hn::Store(hn::ConcatUpperUpper(d, low23, low01), d, to + dst_stride);
      hn::Store(hn::ConcatLowerLower(d, high23, high01), d, to + 2 * dst_stride);
      hn::Store(hn::ConcatUpperUpper(d, high23, high01), d, to + 3 * dst_stride);
    }
  }
}

HWY_INLINE void transpose(const double* src, std::size_t src_stride, double* dst, std::size_t dst_stride) {
  const hn::FixedTag<double, 2> d;
  for (std::size_t c = 0; c < lanes<double>; c += 2) {
    for (std::size_t r = 0; r < lanes<double>; r += 2) {
      const double* from = src + r * src_stride + c;
      const auto r0 = hn::Load(d, from);
      const auto r1 = hn::Load(d, from + src_stride);
      double* to = dst + c * dst_stride + r;
      hn::Store(hn::InterleaveLower(d, r0, r1), d, to);
      hn::Store(hn::InterleaveUpper(d, r0, r1), d, to + dst_stride);
    }
  }
}
#endif

/// Columns with padding: whole tiles.
template <typename T>
HWY_INLINE std::size_t padded(std::size_t n) {
  return (n + lanes<T> - 1) / lanes<T> * lanes<T>;
}

template <typename T>
void prepare_rows(const Ladders<T>& a, std::size_t band, const T* g, T* row_g, T* row_d) {
  constexpr std::size_t n = lanes<T>;
  const Lanes<T> d;
  const std::size_t cols = padded<T>(a.cols);
  T* to = row_g + band * cols * n;
  T* factor = row_d + band * cols * n;
  const auto one = hn::Set(d, T(1));
  auto beyond = hn::Zero(d);  // conductance of everything beyond, seen through the segment
  for (std::size_t c = cols; c > 0;) {
    c -= n;
    transpose(g + band * n * a.stride + c, a.stride, to + c * n, n);
    for (std::size_t k = n; k-- > 0;) {
      const std::size_t j = c + k;
      const auto y = hn::Add(hn::Load(d, to + j * n), beyond);
      const auto r = hn::Set(d, j == 0 ? a.row_first : a.row_next);
      const auto f = hn::Div(one, hn::MulAdd(r, y, one));
      hn::Store(f, d, factor + j * n);
      beyond = hn::Mul(f, y);
    }
  }
}

template <typename T>
void prepare_columns(const Ladders<T>& a, std::size_t strip, const T* g, T* col_d) {
  const Lanes<T> d;
  const std::size_t begin = strip * strip_vectors * lanes<T>;
  const std::size_t end = HWY_MIN(padded<T>(a.cols), begin + strip_vectors * lanes<T>);
  const auto one = hn::Set(d, T(1));
  for (std::size_t j = begin; j < end; j += lanes<T>) {
    auto beyond = hn::Zero(d);
    for (std::size_t i = 0; i < a.rows; ++i) {
      const auto y = hn::Add(hn::Load(d, g + i * a.stride + j), beyond);
      const auto r = hn::Set(d, i + 1 == a.rows ? a.col_last : a.col_next);
      const auto f = hn::Div(one, hn::MulAdd(r, y, one));
      hn::Store(f, d, col_d + i * a.stride + j);
      beyond = hn::Mul(f, y);
    }
  }
}

template <typename T, bool pair>
T cg_rows_of(const Ladders<T>& a, std::size_t band, const CgFields<T>& x, T beta, bool first, T* scratch) {
  constexpr std::size_t n = lanes<T>;
  const Lanes<T> d;
  using V = hn::Vec<Lanes<T>>;
  const std::size_t cols = padded<T>(a.cols);
  const std::size_t field = band * n * a.stride;
  const T* g0 = a.row_g[0] + band * cols * n;
  const T* d0 = a.row_d[0] + band * cols * n;
  const T* g1 = pair ? a.row_g[1] + band * cols * n : g0;
  const T* d1 = pair ? a.row_d[1] + band * cols * n : d0;
  T* tile = scratch;
  T* turned = scratch + n * n;
  T* c0 = scratch + 2 * n * n;
  T* c1 = c0 + (pair ? cols * n : 0);

  const V b = hn::Set(d, beta);
  V carry0 = hn::Zero(d);
  V carry1 = hn::Zero(d);
  for (std::size_t c = cols; c > 0;) {
    c -= n;
    for (std::size_t l = 0; l < n; ++l) {
      const std::size_t at = field + l * a.stride + c;
      V p = hn::Load(d, x.z + at);
      V s = hn::Load(d, x.r + at);
      if (!first) {
        p = hn::MulAdd(b, hn::Load(d, x.p + at), p);
        s = hn::MulAdd(b, hn::Load(d, x.s + at), s);
      }
      hn::Store(p, d, x.p + at);
      hn::Store(s, d, x.s + at);
    }
    transpose(x.p + field + c, a.stride, tile, n);
    for (std::size_t k = n; k-- > 0;) {
      const std::size_t j = (c + k) * n;
      const V p = hn::Load(d, tile + k * n);
      const V f0 = hn::Load(d, d0 + j);
      carry0 = hn::MulAdd(f0, carry0, hn::Mul(hn::Mul(f0, hn::Load(d, g0 + j)), p));
      hn::Store(carry0, d, c0 + j);
      if constexpr (pair) {
        const V f1 = hn::Load(d, d1 + j);
        carry1 = hn::MulAdd(f1, carry1, hn::Mul(hn::Mul(f1, hn::Load(d, g1 + j)), p));
        hn::Store(carry1, d, c1 + j);
      }
    }
  }

  V u0 = hn::Zero(d);
  V u1 = hn::Zero(d);
  V sum = hn::Zero(d);
  V r = hn::Set(d, a.row_first);
  for (std::size_t c = 0; c < cols; c += n) {
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t j = (c + k) * n;
      u0 = hn::MulAdd(hn::Load(d, d0 + j), u0, hn::Mul(r, hn::Load(d, c0 + j)));
      V f = hn::Mul(hn::Load(d, g0 + j), u0);
      if constexpr (pair) {
        u1 = hn::MulAdd(hn::Load(d, d1 + j), u1, hn::Mul(r, hn::Load(d, c1 + j)));
        f = hn::MulAdd(hn::Load(d, g1 + j), u1, f);
      }
      hn::Store(f, d, tile + k * n);
      r = hn::Set(d, a.row_next);
    }
    transpose(tile, n, turned, n);
    for (std::size_t l = 0; l < n; ++l) {
      const std::size_t at = field + l * a.stride + c;
      const V q = hn::Sub(hn::Load(d, x.s + at), hn::Load(d, turned + l * n));
      hn::Store(q, d, x.q + at);
      sum = hn::MulAdd(hn::Load(d, x.p + at), q, sum);
    }
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <typename T>
T cg_rows(const Ladders<T>& a, std::size_t band, const CgFields<T>& x, T beta, bool first, T* scratch) {
  return a.planes == 2 ? cg_rows_of<T, true>(a, band, x, beta, first, scratch)
                       : cg_rows_of<T, false>(a, band, x, beta, first, scratch);
}

template <typename T, std::size_t vectors>
void cg_columns_of(const Ladders<T>& a, std::size_t begin, const CgFields<T>& x, T alpha, bool first,
                   hn::Vec<Lanes<T>>& rz, hn::Vec<Lanes<T>>& rr) {
  constexpr std::size_t n = lanes<T>;
  const Lanes<T> d;
  using V = hn::Vec<Lanes<T>>;
  const V step = hn::Set(d, alpha);
  V carry[vectors];
  for (auto& c : carry) c = hn::Zero(d);
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t k = 0; k < vectors; ++k) {
      const std::size_t at = i * a.stride + begin + k * n;
      V r = hn::Load(d, x.r + at);
      V y = hn::Zero(d);
      if (!first) {
        r = hn::NegMulAdd(step, hn::Load(d, x.q + at), r);
        y = hn::MulAdd(step, hn::Load(d, x.s + at), hn::Load(d, x.y + at));
        hn::Store(r, d, x.r + at);
      }
      hn::Store(y, d, x.y + at);
      rr = hn::MulAdd(r, r, rr);
      const V f = hn::Load(d, a.col_d + at);
      carry[k] = hn::MulAdd(f, carry[k], hn::Mul(f, r));
      hn::Store(carry[k], d, x.z + at);
    }
  }
  V w[vectors];
  for (auto& v : w) v = hn::Zero(d);
  V r = hn::Set(d, a.col_last);
  for (std::size_t i = a.rows; i-- > 0;) {
    for (std::size_t k = 0; k < vectors; ++k) {
      const std::size_t at = i * a.stride + begin + k * n;
      w[k] = hn::MulAdd(hn::Load(d, a.col_d + at), w[k], hn::Mul(r, hn::Load(d, x.z + at)));
      hn::Store(w[k], d, x.z + at);
      rz = hn::MulAdd(hn::Load(d, x.r + at), w[k], rz);
    }
    r = hn::Set(d, a.col_next);
  }
}

template <typename T>
Sums<T> cg_columns(const Ladders<T>& a, std::size_t strip, const CgFields<T>& x, T alpha, bool first) {
  const Lanes<T> d;
  auto rz = hn::Zero(d);
  auto rr = hn::Zero(d);
  std::size_t begin = strip * strip_vectors * lanes<T>;
  const std::size_t end = HWY_MIN(padded<T>(a.cols), begin + strip_vectors * lanes<T>);
  if (end - begin == strip_vectors * lanes<T>) {
    cg_columns_of<T, strip_vectors>(a, begin, x, alpha, first, rz, rr);
  } else {
    for (; begin < end; begin += lanes<T>) cg_columns_of<T, 1>(a, begin, x, alpha, first, rz, rr);
  }
  return {hn::GetLane(hn::SumOfLanes(d, rz)), hn::GetLane(hn::SumOfLanes(d, rr))};
}

template <typename T>
T evaluate_rows(const Ladders<T>& a, std::size_t band, const RowEvaluation<T>& x, T* scratch) {
  constexpr std::size_t n = lanes<T>;
  const Lanes<T> d;
  using V = hn::Vec<Lanes<T>>;
  const std::size_t cols = padded<T>(a.cols);
  const std::size_t field = band * n * a.stride;
  T* tile = scratch;
  T* turned = scratch + n * n;
  T* turned_w = scratch + 2 * n * n;
  T* turned_c = turned_w + cols * n;
  V sum = hn::Zero(d);
  for (std::size_t plane = 0; plane < a.planes; ++plane) {
    const T* g = a.row_g[plane] + band * cols * n;
    const T* factors = a.row_d[plane] + band * cols * n;
    const T* source = x.source[plane];
    V carry = hn::Zero(d);
    V through = hn::Zero(d);  // conductance that the driver sees, from the same recursion
    for (std::size_t c = cols; c > 0;) {
      c -= n;
      if (x.w != nullptr) {
        if (plane == 0) transpose(x.w + field + c, a.stride, turned_w + c * n, n);
      } else {
        for (std::size_t k = 0; k < n; ++k) hn::Store(hn::Zero(d), d, turned_w + (c + k) * n);
      }
      if (source != nullptr) transpose(source + field + c, a.stride, tile, n);
      for (std::size_t k = n; k-- > 0;) {
        const std::size_t j = (c + k) * n;
        const V gj = hn::Load(d, g + j);
        V b = hn::Mul(gj, hn::Load(d, turned_w + j));
        if (source != nullptr) b = hn::Sub(b, hn::Load(d, tile + k * n));
        const V f = hn::Load(d, factors + j);
        carry = hn::MulAdd(f, carry, hn::Mul(f, b));
        through = hn::Mul(f, hn::Add(gj, through));
        hn::Store(carry, d, turned_c + j);
      }
    }
    V u = hn::Load(d, x.v[plane] + band * n);
    if (x.driver_current[plane] != nullptr) {
      hn::Store(hn::MulSub(through, u, carry), d, x.driver_current[plane] + band * n);
    }
    V r = hn::Set(d, a.row_first);
    for (std::size_t c = 0; c < cols; c += n) {
      if (source != nullptr) transpose(source + field + c, a.stride, turned, n);
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t j = (c + k) * n;
        const V gj = hn::Load(d, g + j);
        u = hn::MulAdd(hn::Load(d, factors + j), u, hn::Mul(r, hn::Load(d, turned_c + j)));
        r = hn::Set(d, a.row_next);
        const V w = hn::Load(d, turned_w + j);
        V cell = hn::Mul(gj, hn::Sub(u, w));
        V f = hn::Mul(gj, u);
        if (source != nullptr) {
          const V s = hn::Load(d, turned + k * n);
          cell = hn::Add(cell, s);
          f = hn::Add(f, s);
        }
        sum = hn::MulAdd(cell, cell, sum);
        hn::Store(f, d, tile + k * n);
        hn::Store(hn::Sub(u, w), d, turned_c + j);
      }
      transpose(tile, n, turned, n);
      for (std::size_t l = 0; l < n; ++l) {
        const std::size_t at = field + l * a.stride + c;
        V f = hn::Load(d, turned + l * n);
        if (plane == 1) f = hn::Add(f, hn::Load(d, x.f + at));
        hn::Store(f, d, x.f + at);
      }
      if (x.across[plane] != nullptr) transpose(turned_c + c * n, n, x.across[plane] + field + c, a.stride);
    }
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <typename T>
void evaluate_columns(const Ladders<T>& a, std::size_t strip, const T* y, const T* v, T* w, T* currents) {
  const Lanes<T> d;
  const std::size_t begin = strip * strip_vectors * lanes<T>;
  const std::size_t end = HWY_MIN(padded<T>(a.cols), begin + strip_vectors * lanes<T>);
  for (std::size_t j = begin; j < end; j += lanes<T>) {
    auto carry = hn::Zero(d);
    for (std::size_t i = 0; i < a.rows; ++i) {
      const std::size_t at = i * a.stride + j;
      const auto f = hn::Load(d, a.col_d + at);
      carry = hn::MulAdd(f, carry, hn::Mul(f, hn::Load(d, y + at)));
      hn::Store(carry, d, w + at);
    }
    hn::Store(carry, d, currents + j);
    auto u = v != nullptr ? hn::Load(d, v + j) : hn::Zero(d);
    auto r = hn::Set(d, a.col_last);
    for (std::size_t i = a.rows; i-- > 0;) {
      const std::size_t at = i * a.stride + j;
      u = hn::MulAdd(hn::Load(d, a.col_d + at), u, hn::Mul(r, hn::Load(d, w + at)));
      hn::Store(u, d, w + at);
      r = hn::Set(d, a.col_next);
    }
  }
}

template <typename T>
const Sweeps<T>& table() {
  static const Sweeps<T> all{
      lanes<T>,      strip_vectors * lanes<T>, prepare_rows<T>,    prepare_columns<T>, cg_rows<T>,
      cg_columns<T>, evaluate_rows<T>,         evaluate_columns<T>};
  return all;
}

}  // namespace HWY_NAMESPACE
}  // namespace mho::array
HWY_AFTER_NAMESPACE();
