// QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear: 8-bit networks, computed in the numbers that the
// integers stand for.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mho/network/onnx/narrow.h"
#include "mho/network/operators/operator.h"

namespace mho::network {
namespace {

/// Which scale an element takes: one for all, or one for each index of an axis.
struct PerAxis {
  std::size_t scales, inner, n;
  std::size_t of(std::size_t element) const { return scales == 1 ? 0 : element / inner % scales; }
};

PerAxis per_axis(Binding& b) {
  b.need(b.integer("block_size", 0) == 0, "blocked quantization is not supported");
  const std::size_t scales = b.type(1).elements();
  const std::size_t n = b.type(0).elements();
  if (scales == 1) return {1, n, n};
  const std::size_t axis = b.axis(b.integer("axis", 1), b.rank(0));
  b.need(b.rank(1) == 1 && b.shape(0)[axis] == static_cast<std::int64_t>(scales),
         fmt::format("{} scales for dimension {} of {}", scales, axis, text(b.shape(0))));
  return {scales, element_count(Shape(b.shape(0).begin() + axis + 1, b.shape(0).end())), n};
}

void check_zero_point(Binding& b) {
  if (!b.has(2)) return;
  b.need(!is_floating(b.type(2).type), "the zero point must be integers");
  b.need(b.type(2).elements() == b.type(1).elements(), "scales and zero points differ in number");
}

Bound quantize_linear(Binding& b) {
  b.need_inputs(2, 3);
  b.need_floats({0, 1});
  check_zero_point(b);
  auto type = b.has(2) ? b.type(2).type : DataType::u8;
  if (!b.has(2) && b.integer("output_dtype", 0) != 0)
    type = static_cast<DataType>(b.integer("output_dtype", 0));
  b.need(is_number(type) && !is_floating(type), "makes " + name(type) + ", which is not supported");
  const auto [lo, hi] = limits_of(type);
  Bound bound;
  bound.outputs = {{type, b.shape(0)}};
  bound.compute = [=, lo = lo, hi = hi, p = per_axis(b), shifted = b.has(2)](const Operands& o) {
    for (std::size_t i = 0; i < p.n; ++i) {
      const std::int64_t zero = shifted ? o.integers(2)[p.of(i)] : 0;
      const std::int64_t q = truncate(std::nearbyint(o.floats(0)[i] / o.floats(1)[p.of(i)]));
      o.out_integers()[i] = std::clamp(
          std::clamp<std::int64_t>(q, -(std::int64_t{1} << 40), std::int64_t{1} << 40) + zero, lo, hi);
    }
  };
  return bound;
}

Bound dequantize_linear(Binding& b) {
  b.need_inputs(2, 3);
  b.need(!is_floating(b.type(0).type), "its input must be integers");
  b.need_floats({1});
  check_zero_point(b);
  Bound bound;
  bound.outputs = {{b.type(1).type, b.shape(0)}};
  bound.compute = [p = per_axis(b), shifted = b.has(2)](const Operands& o) {
    for (std::size_t i = 0; i < p.n; ++i) {
      const auto zero = static_cast<double>(shifted ? o.integers(2)[p.of(i)] : 0);
      o.out_floats()[i] =
          static_cast<float>(static_cast<double>(o.integers(0)[i]) - zero) * o.floats(1)[p.of(i)];
    }
  };
  return bound;
}

Bound dynamic_quantize_linear(Binding& b) {
  b.need_inputs(1, 1);
  b.need_floats({0});
  Bound bound;
  bound.outputs = {{DataType::u8, b.shape(0)}, {DataType::f32, {}}, {DataType::u8, {}}};
  bound.compute = [n = b.type(0).elements()](const Operands& o) {
    float lo = 0, hi = 0;
    for (std::size_t i = 0; i < n; ++i) {
      lo = std::min(lo, o.floats(0)[i]);
      hi = std::max(hi, o.floats(0)[i]);
    }
    const float scale = hi > lo ? (hi - lo) / 255 : 1;
    const std::int64_t zero = std::clamp<std::int64_t>(truncate(std::nearbyint(-lo / scale)), 0, 255);
    for (std::size_t i = 0; i < n && o.out[0] != nullptr; ++i) {
      o.out_integers(0)[i] =
          std::clamp<std::int64_t>(truncate(std::nearbyint(o.floats(0)[i] / scale)) + zero, 0, 255);
    }
    if (o.out.size() > 1 && o.out[1] != nullptr) *o.out_floats(1) = scale;
    if (o.out.size() > 2 && o.out[2] != nullptr) *o.out_integers(2) = zero;
  };
  return bound;
}

const OperatorEntry entries[] = {
    {"DequantizeLinear", {dequantize_linear, false}},
    {"DynamicQuantizeLinear", {dynamic_quantize_linear, false}},
    {"QuantizeLinear", {quantize_linear, false}},
};

}  // namespace

std::span<const OperatorEntry> quantization_operators() { return entries; }

}  // namespace mho::network
