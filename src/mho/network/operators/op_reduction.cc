// Reductions over axes, and the global pools, which are reductions over the spatial ones.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "mho/network/operators/operator.h"
#include "mho/network/operators/strided_copy.h"

namespace mho::network {
namespace {

/// One kept element: where it starts, and how the dropped dimensions are walked from there.
struct Walk {
  Shape kept, kept_strides, dropped, dropped_strides;
};

/// Calls each(x) for all numbers that fall onto one result.
template <typename T, typename Each>
void for_dropped(const Walk& w, const T* x, Each each, std::size_t level = 0) {
  if (level == w.dropped.size()) {
    each(*x);
    return;
  }
  for (std::int64_t i = 0; i < w.dropped[level]; ++i)
    for_dropped(w, x + i * w.dropped_strides[level], each, level + 1);
}

template <typename T, typename Result>
void for_kept(const Walk& w, const T* x, T*& out, Result result, std::size_t level = 0) {
  if (level == w.kept.size()) {
    *out++ = result(x);
    return;
  }
  for (std::int64_t i = 0; i < w.kept[level]; ++i)
    for_kept(w, x + i * w.kept_strides[level], out, result, level + 1);
}

enum class Kind { sum, mean, max, min, prod, l1, l2, sum_square, log_sum, log_sum_exp };

template <Kind kind, typename T>
T reduce(const Walk& w, const T* x, double count) {
  if constexpr (kind == Kind::max || kind == Kind::min) {
    T best = kind == Kind::max ? std::numeric_limits<T>::lowest() : std::numeric_limits<T>::max();
    for_dropped(w, x, [&](T v) { best = kind == Kind::max ? std::max(best, v) : std::min(best, v); });
    return best;
  }
  double top = 0;
  if constexpr (kind == Kind::log_sum_exp) {
    top = -std::numeric_limits<double>::infinity();
    for_dropped(w, x, [&](T v) { top = std::max(top, static_cast<double>(v)); });
    if (!std::isfinite(top)) top = 0;
  }
  double total = kind == Kind::prod ? 1 : 0;
  for_dropped(w, x, [&](T value) {
    const auto v = static_cast<double>(value);
    if constexpr (kind == Kind::prod)
      total *= v;
    else if constexpr (kind == Kind::l1)
      total += std::abs(v);
    else if constexpr (kind == Kind::l2 || kind == Kind::sum_square)
      total += v * v;
    else if constexpr (kind == Kind::log_sum_exp)
      total += std::exp(v - top);
    else
      total += v;
  });
  if constexpr (kind == Kind::mean) total /= count;
  if constexpr (kind == Kind::l2) total = std::sqrt(total);
  if constexpr (kind == Kind::log_sum || kind == Kind::log_sum_exp) total = top + std::log(total);
  if constexpr (std::is_integral_v<T>) {
    total = std::clamp(total, -9.2e18, 9.2e18);
    if (std::isnan(total)) total = 0;
  }
  return static_cast<T>(total);
}

template <Kind kind>
Bound reduce_axes(Binding& b, const std::vector<std::int64_t>& axes, bool keep) {
  const std::size_t rank = b.rank(0);
  std::vector<bool> drop(rank, axes.empty());
  for (const auto a : axes) drop[b.axis(a, rank)] = true;
  const Layout layout = keep ? b.layout(0) : Layout::plain;
  const Shape strides = strides_of(b.shape(0), b.layout(0));
  Shape shape;
  Walk walk;
  double count = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    if (!drop[d])
      shape.push_back(b.shape(0)[d]);
    else if (keep)
      shape.push_back(1);
  }
  for (const std::size_t d : memory_order(rank, layout)) {
    if (drop[d]) continue;
    walk.kept.push_back(b.shape(0)[d]);
    walk.kept_strides.push_back(strides[d]);
  }
  for (const std::size_t d : memory_order(rank, b.layout(0))) {
    if (!drop[d]) continue;
    walk.dropped.push_back(b.shape(0)[d]);
    walk.dropped_strides.push_back(strides[d]);
    count *= static_cast<double>(b.shape(0)[d]);
  }
  Bound bound;
  bound.outputs = {{b.type(0).type, shape}};
  bound.layout = layout;
  const bool floating = is_floating(b.type(0).type);
  bound.compute = [walk = std::move(walk), count, floating](const Operands& o) {
    if (floating) {
      float* out = o.out_floats();
      for_kept(walk, o.floats(0), out, [&](const float* x) { return reduce<kind>(walk, x, count); });
    } else {
      std::int64_t* out = o.out_integers();
      for_kept(walk, o.integers(0), out, [&](const std::int64_t* x) { return reduce<kind>(walk, x, count); });
    }
  };
  return bound;
}

template <Kind kind>
Bound reduction(Binding& b) {
  b.need_inputs(1, 2);
  const auto axes = b.integers_either("axes", 1, {});
  if (axes.empty() && b.integer("noop_with_empty_axes", 0) != 0) {
    Bound bound;
    bound.outputs = {b.type(0)};
    bound.layout = b.layout(0);
    bound.alias = true;
    return bound;
  }
  return reduce_axes<kind>(b, axes, b.integer("keepdims", 1) != 0);
}

/// Mean over all pixels of a channels-last tensor, a channel a SIMD lane.
Bound average_of_pixels(Binding& b) {
  const auto n = static_cast<std::size_t>(b.shape(0)[0]), c = static_cast<std::size_t>(b.shape(0)[1]);
  const std::size_t pixels = element_count(Shape(b.shape(0).begin() + 2, b.shape(0).end()));
  Bound bound;
  bound.outputs = {{b.type(0).type, Shape(b.rank(0), 1)}};
  bound.outputs[0].shape[0] = b.shape(0)[0];
  bound.outputs[0].shape[1] = b.shape(0)[1];
  bound.layout = Layout::channels_last;
  bound.compute = [=](const Operands& o) {
    for (std::size_t i = 0; i < n; ++i) {
      const float* x = o.floats(0) + i * pixels * c;
      float* y = o.out_floats() + i * c;
      std::fill_n(y, c, 0.0f);
      for (std::size_t p = 0; p < pixels; ++p) {
        for (std::size_t k = 0; k < c; ++k) y[k] += x[p * c + k];
      }
      const float factor = 1.0f / static_cast<float>(pixels);
      for (std::size_t k = 0; k < c; ++k) y[k] *= factor;
    }
  };
  return bound;
}

bool is_spatial(const std::vector<std::int64_t>& axes, std::size_t rank) {
  std::vector<std::int64_t> sorted;
  for (const auto a : axes) sorted.push_back(a < 0 ? a + static_cast<std::int64_t>(rank) : a);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> spatial(rank - 2);
  std::iota(spatial.begin(), spatial.end(), 2);
  return sorted == spatial;
}

Bound reduce_mean(Binding& b) {
  b.need_inputs(1, 2);
  if (b.rank(0) >= 3 && b.layout(0) == Layout::channels_last && is_floating(b.type(0).type) &&
      b.integer("keepdims", 1) != 0 && is_spatial(b.integers_either("axes", 1, {}), b.rank(0))) {
    return average_of_pixels(b);
  }
  return reduction<Kind::mean>(b);
}

std::vector<std::int64_t> spatial_axes(const Binding& b) {
  b.need_inputs(1, 1);
  b.need_floats({0});
  b.need(b.rank(0) >= 3, "needs a batch, channels and at least one more dimension");
  std::vector<std::int64_t> axes(b.rank(0) - 2);
  std::iota(axes.begin(), axes.end(), 2);
  return axes;
}

Bound global_average_pool(Binding& b) {
  const auto axes = spatial_axes(b);
  return b.layout(0) == Layout::channels_last ? average_of_pixels(b) : reduce_axes<Kind::mean>(b, axes, true);
}
Bound global_max_pool(Binding& b) { return reduce_axes<Kind::max>(b, spatial_axes(b), true); }

const OperatorEntry entries[] = {
    {"GlobalAveragePool", {global_average_pool, true}},
    {"GlobalMaxPool", {global_max_pool, true}},
    {"ReduceL1", {reduction<Kind::l1>, true}},
    {"ReduceL2", {reduction<Kind::l2>, true}},
    {"ReduceLogSum", {reduction<Kind::log_sum>, true}},
    {"ReduceLogSumExp", {reduction<Kind::log_sum_exp>, true}},
    {"ReduceMax", {reduction<Kind::max>, true}},
    {"ReduceMean", {reduce_mean, true}},
    {"ReduceMin", {reduction<Kind::min>, true}},
    {"ReduceProd", {reduction<Kind::prod>, true}},
    {"ReduceSum", {reduction<Kind::sum>, true}},
    {"ReduceSumSquare", {reduction<Kind::sum_square>, true}},
};

}  // namespace

std::span<const OperatorEntry> reduction_operators() { return entries; }

}  // namespace mho::network
