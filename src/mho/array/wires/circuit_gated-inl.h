// Compiled once for each SIMD target by circuit_gated.cc.

#include <array>
#include <cstddef>
#include <span>

#include "hwy/highway.h"
#include "mho/array/wires/circuit_gated.h"

HWY_BEFORE_NAMESPACE();
namespace mho::array {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<double, 8>;
using V = hn::Vec<D>;
constexpr std::size_t lanes = hn::MaxLanes(D());
constexpr std::size_t gated_vectors = 4;
constexpr std::size_t gated_strip = gated_vectors * lanes;

/// Where row 0 of columns `begin` … lies in a field; rows are gated_strip apart.
HWY_INLINE std::size_t column_at(const GatedLadders& a, std::size_t begin) {
  return begin / gated_strip * gated_strip * a.rows + begin % gated_strip;
}

/// The larger of `worst` and the largest of `error` over `scale`, where that is not zero.
HWY_INLINE double worst_of(double worst, V error, V scale) {
  const D d;
  HWY_ALIGN double e[lanes];
  HWY_ALIGN double s[lanes];
  hn::Store(hn::Abs(error), d, e);
  hn::Store(scale, d, s);
  for (std::size_t k = 0; k < lanes; ++k) {
    if (e[k] == 0) continue;
    const double relative = e[k] / s[k];
    if (!(relative <= worst)) worst = relative;  // not a number counts as worst
  }
  return worst;
}

/// One supply line. Unknowns are the column's voltage at the first row, w0, and the current T; each state
/// is a sum of 1, w0 and T with the coefficients named one, w and t.
template <std::size_t vectors>
double shoot_single(const GatedLadders& a, std::size_t begin, std::span<const OnRow> on, double steps_after,
                    double* currents, double worst) {
  const D d;
  const double both = a.supply_next + a.col_next;
  const double* cells_of = a.g[0] + column_at(a, begin);
  V c_one[vectors], c_w[vectors], c_t[vectors], d_one[vectors], d_w[vectors], d_t[vectors];
  for (std::size_t k = 0; k < vectors; ++k) {
    c_one[k] = c_w[k] = c_t[k] = d_one[k] = hn::Zero(d);
    d_w[k] = hn::Set(d, -1.0);
    d_t[k] = hn::Set(d, -a.supply_first);
  }
  const auto step = [&](double steps) HWY_ATTR {
    const V r = hn::Set(d, steps * both);
    const V s = hn::Set(d, steps * a.supply_next);
    for (std::size_t k = 0; k < vectors; ++k) {
      d_one[k] = hn::MulAdd(r, c_one[k], d_one[k]);
      d_w[k] = hn::MulAdd(r, c_w[k], d_w[k]);
      d_t[k] = hn::MulAdd(r, c_t[k], hn::Sub(d_t[k], s));
    }
  };
  for (const OnRow& at : on) {
    step(at.steps);
    const V x = hn::Set(d, at.rail);
    const double* g = cells_of + at.row * gated_strip;
    for (std::size_t k = 0; k < vectors; ++k) {
      const V gk = hn::Load(d, g + k * lanes);
      c_one[k] = hn::MulAdd(gk, hn::Add(x, d_one[k]), c_one[k]);
      c_w[k] = hn::MulAdd(gk, d_w[k], c_w[k]);
      c_t[k] = hn::MulAdd(gk, d_t[k], c_t[k]);
    }
  }
  step(steps_after);

  // C = T, and w at the last row, w0 less all drops, = col_last·T. The drops follow from s - w.
  const V one = hn::Set(d, 1.0);
  const V share = hn::Set(d, both > 0 ? a.col_next / both : 0.0);
  const V supply = hn::Set(d, a.supply_first + static_cast<double>(a.rows - 1) * a.supply_next);
  V w0[vectors], total[vectors];
  for (std::size_t k = 0; k < vectors; ++k) {
    const V drop_one = hn::Mul(share, d_one[k]);
    const V drop_w = hn::Mul(share, hn::Add(d_w[k], one));
    const V drop_t = hn::Mul(share, hn::Add(d_t[k], supply));
    const V w_w = hn::Sub(one, drop_w);  // w0·w_w - T·w_t = drop_one
    const V w_t = hn::Add(hn::Set(d, a.col_last), drop_t);
    const V t_t = hn::Sub(one, c_t[k]);  // T·t_t - w0·c_w = c_one
    const V det = hn::NegMulAdd(c_w[k], w_t, hn::Mul(t_t, w_w));
    total[k] = hn::Div(hn::MulAdd(c_one[k], w_w, hn::Mul(c_w[k], drop_one)), det);
    w0[k] = hn::Div(hn::MulAdd(drop_one, t_t, hn::Mul(w_t, c_one[k])), det);
    hn::Store(total[k], d, currents + begin + k * lanes);
  }

  // With the values: what has gathered at the output against T.
  V c[vectors], v[vectors], cells[vectors];
  for (std::size_t k = 0; k < vectors; ++k) {
    c[k] = cells[k] = hn::Zero(d);
    v[k] = hn::NegMulAdd(hn::Set(d, a.supply_first), total[k], hn::Neg(w0[k]));
  }
  for (const OnRow& at : on) {
    const V x = hn::Set(d, at.rail);
    const V r = hn::Set(d, at.steps * both);
    const V s = hn::Set(d, at.steps * a.supply_next);
    const double* g = cells_of + at.row * gated_strip;
    for (std::size_t k = 0; k < vectors; ++k) {
      v[k] = hn::MulAdd(r, c[k], hn::NegMulAdd(s, total[k], v[k]));
      const V i = hn::Mul(hn::Load(d, g + k * lanes), hn::Add(x, v[k]));
      c[k] = hn::Add(c[k], i);
      cells[k] = hn::Add(cells[k], hn::Abs(i));
    }
  }
  for (std::size_t k = 0; k < vectors; ++k) worst = worst_of(worst, hn::Sub(c[k], total[k]), cells[k]);
  return worst;
}

inline double shoot(const GatedLadders& a, std::size_t strip, std::span<const OnRow> on, double steps_after,
                    double* currents) {
  std::size_t begin = strip * gated_strip;
  const std::size_t end = HWY_MIN((a.cols + lanes - 1) / lanes * lanes, begin + gated_strip);
  double worst = 0;
  if (end - begin == gated_strip) {
    return shoot_single<gated_vectors>(a, begin, on, steps_after, currents, worst);
  }
  for (; begin < end; begin += lanes) worst = shoot_single<1>(a, begin, on, steps_after, currents, worst);
  return worst;
}

/// The hybrid two-port of `planes` supply lines; Z is symmetric.
template <std::size_t planes>
struct Hybrid {
  V e[planes], alpha[planes], z[planes][planes], j, y;
};

template <std::size_t planes>
double reduce_vector(const GatedLadders& a, std::size_t begin, std::span<const double> digits,
                     const std::array<const double*, 2>& b, double* currents,
                     const std::array<double*, 2>& across, double* scratch, double worst) {
  const D d;
  const V zero = hn::Zero(d);
  const V one = hn::Set(d, 1.0);
  const V supply = hn::Set(d, a.supply_next);
  const V col = hn::Set(d, a.col_next);
  const std::size_t first = column_at(a, begin);
  // What the rail adds to the current of a cell, and its conductance.
  const auto part = [&](std::size_t i, std::size_t p) HWY_ATTR {
    const std::size_t at = first + i * gated_strip;
    if (b[p] != nullptr) return hn::Load(d, b[p] + at);
    return hn::Mul(hn::Load(d, a.g[p] + at), hn::Set(d, p == 0 ? digits[i] : -digits[i]));
  };
  // Kept for the way back, for each cell: its current is kept[0] - kept[1]·w - kept[2+l]·A_l.
  constexpr std::size_t kept = 2 + planes;
  constexpr std::size_t kept_a_row = planes * kept * lanes;

  Hybrid<planes> h;
  for (std::size_t p = 0; p < planes; ++p) {
    h.e[p] = h.alpha[p] = zero;
    for (std::size_t q = 0; q < planes; ++q) h.z[p][q] = p == q ? hn::Set(d, a.supply_first) : zero;
  }
  h.j = h.y = zero;
  for (std::size_t i = 0; i < a.rows; ++i) {
    double* keep = scratch + i * kept_a_row;
    if (digits[i] != 0) {
      for (std::size_t p = 0; p < planes; ++p) {
        const V g = hn::Load(d, a.g[p] + first + i * gated_strip);
        const V q = hn::Div(one, hn::MulAdd(g, h.z[p][p], one));
        const V gq = hn::Mul(g, q);
        const V i0 = hn::Mul(q, hn::MulAdd(g, h.e[p], part(i, p)));  // of the cell with A = 0, w = 0
        const V gamma = hn::Sub(one, h.alpha[p]);
        double* to = keep + p * kept * lanes;
        hn::Store(i0, d, to);
        hn::Store(hn::Mul(gq, gamma), d, to + lanes);
        for (std::size_t l = 0; l < planes; ++l) hn::Store(hn::Mul(gq, h.z[p][l]), d, to + (2 + l) * lanes);
        V column[planes];
        for (std::size_t l = 0; l < planes; ++l) column[l] = h.z[l][p];
        for (std::size_t l = 0; l < planes; ++l) {
          h.e[l] = hn::NegMulAdd(column[l], i0, h.e[l]);
          h.alpha[l] = hn::MulAdd(hn::Mul(gq, column[l]), gamma, h.alpha[l]);
          for (std::size_t m = 0; m < planes; ++m) {
            h.z[l][m] = l == p && m == p ? hn::Mul(column[p], q)
                                         : hn::NegMulAdd(hn::Mul(gq, column[l]), column[m], h.z[l][m]);
          }
        }
        h.j = hn::MulAdd(gamma, i0, h.j);
        h.y = hn::MulAdd(hn::Mul(gamma, gamma), gq, h.y);
      }
    }
    if (i + 1 == a.rows) break;
    const V k = hn::Div(one, hn::MulAdd(col, h.y, one));
    const V rk = hn::Mul(col, k);
    for (std::size_t l = 0; l < planes; ++l) {
      h.e[l] = hn::MulAdd(hn::Mul(h.alpha[l], rk), h.j, h.e[l]);
      for (std::size_t m = 0; m < planes; ++m) {
        h.z[l][m] = hn::MulAdd(hn::Mul(h.alpha[l], h.alpha[m]), rk, h.z[l][m]);
      }
      h.z[l][l] = hn::Add(h.z[l][l], supply);
    }
    for (std::size_t l = 0; l < planes; ++l) h.alpha[l] = hn::Mul(h.alpha[l], k);
    h.j = hn::Mul(h.j, k);
    h.y = hn::Mul(h.y, k);
  }
  const V last = hn::Set(d, a.col_last);
  const V total = hn::Div(h.j, hn::MulAdd(last, h.y, one));
  hn::Store(total, d, currents + begin);

  // The way back: voltages and currents of all cells.
  V w = hn::Mul(last, total);
  V c = total;
  V cells = zero;
  V below[planes];
  for (auto& x : below) x = zero;
  for (std::size_t i = a.rows; i-- > 0;) {
    const double* keep = scratch + i * kept_a_row;
    if (digits[i] != 0) {
      for (std::size_t p = planes; p-- > 0;) {
        const double* from = keep + p * kept * lanes;
        V current = hn::NegMulAdd(hn::Load(d, from + lanes), w, hn::Load(d, from));
        for (std::size_t l = 0; l < planes; ++l) {
          current = hn::NegMulAdd(hn::Load(d, from + (2 + l) * lanes), below[l], current);
        }
        if (across[p] != nullptr) {
          // s - w from the cell's law; where it does not conduct it carries nothing anyway.
          const V g = hn::Load(d, a.g[p] + first + i * gated_strip);
          const V v = hn::Div(hn::Sub(current, part(i, p)), g);
          hn::Store(hn::IfThenElse(hn::Gt(g, zero), v, zero), d, across[p] + first + i * gated_strip);
        }
        below[p] = hn::Add(below[p], current);
        c = hn::Sub(c, current);
        cells = hn::Add(cells, hn::Abs(current));
      }
    }
    w = hn::MulAdd(col, c, w);
  }
  return worst_of(worst, c, cells);
}

inline double reduce(const GatedLadders& a, std::size_t strip, std::span<const double> digits,
                     const std::array<const double*, 2>& b, double* currents,
                     const std::array<double*, 2>& across, double* scratch) {
  const std::size_t begin = strip * gated_strip;
  const std::size_t end = HWY_MIN((a.cols + lanes - 1) / lanes * lanes, begin + gated_strip);
  double worst = 0;
  for (std::size_t j = begin; j < end; j += lanes) {
    worst = a.planes == 2 ? reduce_vector<2>(a, j, digits, b, currents, across, scratch, worst)
                          : reduce_vector<1>(a, j, digits, b, currents, across, scratch, worst);
  }
  return worst;
}

inline const GatedSweeps& gated_table() {
  static const GatedSweeps all{gated_strip, shoot, reduce};
  return all;
}

}  // namespace HWY_NAMESPACE
}  // namespace mho::array
HWY_AFTER_NAMESPACE();
