// Operators that choose or convert: Where, Cast, Gather, Range, ArgMax, TopK.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "mho/network/onnx/narrow.h"
#include "mho/network/operators/broadcast.h"
#include "mho/network/operators/operator.h"
#include "mho/network/operators/strided_copy.h"

namespace mho::network {
namespace {

template <typename T>
void select(const Broadcast& plan, const std::int64_t* which, const T* a, const T* b, T* out) {
  for_each_line(plan, [&](std::int64_t at, const std::int64_t* o, const std::int64_t* s, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
      out[at + i] = which[o[0] + i * s[0]] != 0 ? a[o[1] + i * s[1]] : b[o[2] + i * s[2]];
    }
  });
}

Bound where(Binding& b) {
  b.need_inputs(3, 3);
  const bool floating = is_floating(b.type(1).type);
  b.need(!is_floating(b.type(0).type), "the condition must be truth values");
  b.need(floating == is_floating(b.type(2).type), "its two choices differ in type");
  auto plan = broadcast(b, {0, 1, 2}, b.type(1).type);
  Bound bound;
  bound.outputs = {plan.result};
  bound.layout = plan.layout;
  bound.compute = [plan = std::move(plan), floating](const Operands& o) {
    if (floating)
      select(plan, o.integers(0), o.floats(1), o.floats(2), o.out_floats());
    else
      select(plan, o.integers(0), o.integers(1), o.integers(2), o.out_integers());
  };
  return bound;
}

Bound cast_to(Binding& b, DataType to) {
  b.need(is_number(to), "casts to " + name(to) + ", which is not supported");
  const bool from_float = is_floating(b.type(0).type), to_float = is_floating(to);
  Bound bound;
  bound.outputs = {{to, b.shape(0)}};
  bound.layout = b.layout(0);
  bound.alias = from_float && to_float;
  bound.compute = [=, n = b.type(0).elements()](const Operands& o) {
    if (to_float) {
      for (std::size_t i = 0; i < n; ++i) o.out_floats()[i] = static_cast<float>(o.integers(0)[i]);
    } else if (from_float) {
      for (std::size_t i = 0; i < n; ++i) {
        const float x = o.floats(0)[i];
        o.out_integers()[i] = to == DataType::boolean ? std::int64_t{x != 0} : wrap(to, truncate(x));
      }
    } else {
      for (std::size_t i = 0; i < n; ++i) o.out_integers()[i] = wrap(to, o.integers(0)[i]);
    }
  };
  return bound;
}

Bound cast(Binding& b) {
  b.need_inputs(1, 1);
  return cast_to(b, static_cast<DataType>(b.integer("to", 0)));
}
Bound cast_like(Binding& b) {
  b.need_inputs(2, 2);
  return cast_to(b, b.type(1).type);
}

Bound gather(Binding& b) {
  b.need_inputs(2, 2);
  b.need(!is_floating(b.type(1).type), "indices must be integers");
  const std::size_t axis = b.axis(b.integer("axis", 0), b.rank(0));
  const Shape& from = b.shape(0);
  Shape shape(from.begin(), from.begin() + axis);
  shape.insert(shape.end(), b.shape(1).begin(), b.shape(1).end());
  shape.insert(shape.end(), from.begin() + axis + 1, from.end());
  const auto outer = element_count(Shape(from.begin(), from.begin() + axis));
  const auto inner = element_count(Shape(from.begin() + axis + 1, from.end()));
  const auto count = b.type(1).elements();
  const std::int64_t n = from[axis];
  const std::size_t bytes = inner * (is_floating(b.type(0).type) ? 4 : 8);
  Bound bound;
  bound.outputs = {{b.type(0).type, shape}};
  const std::string where_it_is = b.graph.describe(b.node);
  bound.compute = [=](const Operands& o) {
    const auto* in = static_cast<const std::byte*>(o.in[0]);
    auto* out = static_cast<std::byte*>(o.out[0]);
    for (std::size_t a = 0; a < outer; ++a) {
      for (std::size_t i = 0; i < count; ++i) {
        const std::int64_t index = checked_index(o.integers(1)[i], n, where_it_is);
        std::memcpy(out + (a * count + i) * bytes, in + (a * n + index) * bytes, bytes);
      }
    }
  };
  return bound;
}

Bound gather_elements(Binding& b) {
  b.need_inputs(2, 2);
  b.need(!is_floating(b.type(1).type), "indices must be integers");
  const std::size_t axis = b.axis(b.integer("axis", 0), b.rank(0));
  const Shape in = strides_of(b.shape(0), Layout::plain);
  const Shape shape = b.shape(1);
  bool fits = shape.size() == b.rank(0);
  for (std::size_t d = 0; fits && d < shape.size(); ++d) fits = d == axis || shape[d] <= b.shape(0)[d];
  b.need(fits, fmt::format("indices of shape {} for data of {}", text(shape), text(b.shape(0))));
  Bound bound;
  bound.outputs = {{b.type(0).type, shape}};
  bound.compute = [=, n = b.shape(0)[axis], count = element_count(shape),
                   floating = is_floating(b.type(0).type),
                   where_it_is = b.graph.describe(b.node)](const Operands& o) {
    std::vector<std::int64_t> at(shape.size(), 0);
    for (std::size_t i = 0; i < count; ++i) {
      std::int64_t offset = checked_index(o.integers(1)[i], n, where_it_is) * in[axis];
      for (std::size_t d = 0; d < at.size(); ++d) offset += d == axis ? 0 : at[d] * in[d];
      if (floating)
        o.out_floats()[i] = o.floats(0)[offset];
      else
        o.out_integers()[i] = o.integers(0)[offset];
      for (std::size_t d = at.size(); d-- > 0;) {
        if (++at[d] < shape[d]) break;
        at[d] = 0;
      }
    }
  };
  return bound;
}

Bound range(Binding& b) {
  b.need_inputs(3, 3);
  const bool floating = is_floating(b.type(0).type);
  double v[3];
  for (std::size_t i = 0; i < 3; ++i) {
    b.need(b.type(i).elements() == 1, "start, limit and delta must be one number each");
    v[i] = floating ? b.constant_floats(i, "start, limit or delta")[0]
                    : static_cast<double>(b.constant_integers(i, "start, limit or delta")[0]);
  }
  const double steps = std::ceil((v[1] - v[0]) / v[2]);
  b.need(v[2] != 0 && std::isfinite(steps) && steps < 1e9, "makes no or too many steps");
  const auto n = static_cast<std::int64_t>(std::max(steps, 0.0));
  Bound bound;
  bound.outputs = {{b.type(0).type, {n}}};
  bound.compute = [n, floating](const Operands& o) {
    for (std::int64_t i = 0; i < n; ++i) {
      if (floating)
        o.out_floats()[i] = o.floats(0)[0] + static_cast<float>(i) * o.floats(2)[0];
      else
        o.out_integers()[i] = o.integers(0)[0] + i * o.integers(2)[0];
    }
  };
  return bound;
}

/// A tensor as (outer, n, inner) around one axis.
struct AroundAxis {
  std::size_t outer, n, inner;
};
AroundAxis around(const Shape& s, std::size_t axis) {
  return {element_count(Shape(s.begin(), s.begin() + axis)), static_cast<std::size_t>(s[axis]),
          element_count(Shape(s.begin() + axis + 1, s.end()))};
}

template <typename Better>
Bound arg_of(Binding& b, Better better) {
  b.need_inputs(1, 1);
  b.need_floats({0});
  const std::size_t axis = b.axis(b.integer("axis", 0), b.rank(0));
  const bool keep = b.integer("keepdims", 1) != 0;
  const bool last = b.integer("select_last_index", 0) != 0;
  Shape shape = b.shape(0);
  b.need(shape[axis] > 0, "chooses from nothing");
  if (keep)
    shape[axis] = 1;
  else
    shape.erase(shape.begin() + axis);
  Bound bound;
  bound.outputs = {{DataType::i64, shape}};
  bound.compute = [a = around(b.shape(0), axis), better, last](const Operands& o) {
    for (std::size_t i = 0; i < a.outer * a.inner; ++i) {
      const float* x = o.floats(0) + i / a.inner * a.n * a.inner + i % a.inner;
      std::size_t best = 0;
      for (std::size_t k = 1; k < a.n; ++k) {
        const float v = x[k * a.inner], w = x[best * a.inner];
        if (better(v, w) || (last && v == w)) best = k;
      }
      o.out_integers()[i] = static_cast<std::int64_t>(best);
    }
  };
  return bound;
}
Bound arg_max(Binding& b) { return arg_of(b, std::greater<float>()); }
Bound arg_min(Binding& b) { return arg_of(b, std::less<float>()); }

Bound top_k(Binding& b) {
  b.need_inputs(1, 2);
  b.need_floats({0});
  const std::size_t axis = b.axis(b.integer("axis", -1), b.rank(0));
  const auto ks = b.has(1) ? b.constant_integers(1, "k") : std::vector<std::int64_t>{b.integer("k", 0)};
  b.need(ks.size() == 1 && ks[0] >= 0 && ks[0] <= b.shape(0)[axis], "k is not between 0 and the dimension");
  const auto k = static_cast<std::size_t>(ks[0]);
  const bool largest = b.integer("largest", 1) != 0;
  Shape shape = b.shape(0);
  shape[axis] = ks[0];
  Bound bound;
  bound.outputs = {{b.type(0).type, shape}, {DataType::i64, shape}};
  bound.compute = [a = around(b.shape(0), axis), k, largest](const Operands& o) {
    std::vector<std::size_t> order(a.n);
    for (std::size_t i = 0; i < a.outer * a.inner; ++i) {
      const float* x = o.floats(0) + i / a.inner * a.n * a.inner + i % a.inner;
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(), [&](std::size_t p, std::size_t q) {
        return largest ? x[p * a.inner] > x[q * a.inner] : x[p * a.inner] < x[q * a.inner];
      });
      const std::size_t to = i / a.inner * k * a.inner + i % a.inner;
      for (std::size_t r = 0; r < k; ++r) {
        if (o.out[0] != nullptr) o.out_floats(0)[to + r * a.inner] = x[order[r] * a.inner];
        if (o.out.size() > 1 && o.out[1] != nullptr)
          o.out_integers(1)[to + r * a.inner] = static_cast<std::int64_t>(order[r]);
      }
    }
  };
  return bound;
}

/// Keeps one triangle of the last two dimensions, zeros elsewhere.
Bound triangle(Binding& b) {
  b.need_inputs(1, 2);
  b.need(b.rank(0) >= 2, "needs two dimensions");
  const bool upper = b.integer("upper", 1) != 0;
  const std::int64_t k = b.has(1) ? b.constant_integers(1, "k").at(0) : 0;
  const std::int64_t rows = b.shape(0)[b.rank(0) - 2], columns = b.shape(0)[b.rank(0) - 1];
  b.need(std::abs(k) < (std::int64_t{1} << 40), "k is too large");
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.compute = [=, count = b.type(0).elements(),
                   floating = is_floating(b.type(0).type)](const Operands& o) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto column = static_cast<std::int64_t>(i) % columns,
                 row = static_cast<std::int64_t>(i) / columns % rows;
      const bool keep = upper ? column - row >= k : column - row <= k;
      if (floating)
        o.out_floats()[i] = keep ? o.floats(0)[i] : 0.0f;
      else
        o.out_integers()[i] = keep ? o.integers(0)[i] : 0;
    }
  };
  return bound;
}

template <typename T>
void cumulate(const AroundAxis& a, bool exclusive, bool reverse, const T* x, T* y) {
  for (std::size_t i = 0; i < a.outer * a.inner; ++i) {
    const std::size_t at = i / a.inner * a.n * a.inner + i % a.inner;
    T sum = 0;
    for (std::size_t k = 0; k < a.n; ++k) {
      const std::size_t here = at + (reverse ? a.n - 1 - k : k) * a.inner;
      const T with = static_cast<T>(sum + x[here]);
      y[here] = exclusive ? sum : with;
      sum = with;
    }
  }
}

Bound cumulative_sum(Binding& b) {
  b.need_inputs(2, 2);
  const auto axes = b.constant_integers(1, "axis");
  b.need(axes.size() == 1, "needs one axis");
  const std::size_t axis = b.axis(axes[0], b.rank(0));
  const bool exclusive = b.integer("exclusive", 0) != 0, reverse = b.integer("reverse", 0) != 0;
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.compute = [=, a = around(b.shape(0), axis),
                   floating = is_floating(b.type(0).type)](const Operands& o) {
    if (floating)
      cumulate(a, exclusive, reverse, o.floats(0), o.out_floats());
    else
      cumulate(a, exclusive, reverse, reinterpret_cast<const std::uint64_t*>(o.integers(0)),
               reinterpret_cast<std::uint64_t*>(o.out_integers()));
  };
  return bound;
}

Bound gather_nd(Binding& b) {
  b.need_inputs(2, 2);
  b.need(!is_floating(b.type(1).type) && b.rank(1) >= 1 && b.rank(0) >= 1, "indices must be integers");
  b.need(b.integer("batch_dims", 0) == 0, "batch_dims is not supported");
  const std::int64_t depth = b.shape(1).back();
  b.need(depth >= 1 && depth <= static_cast<std::int64_t>(b.rank(0)),
         "indices have more parts than the data dimensions");
  const Shape& s = b.shape(0);
  const Shape head(s.begin(), s.begin() + depth), strides = strides_of(s, Layout::plain);
  Shape shape(b.shape(1).begin(), b.shape(1).end() - 1);
  const std::size_t count = element_count(shape), inner = element_count(Shape(s.begin() + depth, s.end()));
  shape.insert(shape.end(), s.begin() + depth, s.end());
  Bound bound;
  bound.outputs = {{b.type(0).type, shape}};
  const std::size_t each = is_floating(b.type(0).type) ? 4 : 8;
  bound.compute = [=, where_it_is = b.graph.describe(b.node)](const Operands& o) {
    for (std::size_t i = 0; i < count; ++i) {
      std::int64_t at = 0;
      for (std::size_t d = 0; d < head.size(); ++d) {
        at += checked_index(o.integers(1)[i * head.size() + d], head[d], where_it_is) * strides[d];
      }
      std::memcpy(static_cast<std::byte*>(o.out[0]) + i * inner * each,
                  static_cast<const std::byte*>(o.in[0]) + at * each, inner * each);
    }
  };
  return bound;
}

const OperatorEntry entries[] = {
    {"ArgMax", {arg_max, false}},
    {"ArgMin", {arg_min, false}},
    {"Cast", {cast, true}},
    {"CastLike", {cast_like, true}},
    {"CumSum", {cumulative_sum, false}},
    {"Gather", {gather, false}},
    {"GatherElements", {gather_elements, false}},
    {"GatherND", {gather_nd, false}},
    {"Range", {range, false}},
    {"TopK", {top_k, false}},
    {"Trilu", {triangle, false}},
    {"Where", {where, true}},
};

}  // namespace

std::span<const OperatorEntry> selection_operators() { return entries; }

}  // namespace mho::network
