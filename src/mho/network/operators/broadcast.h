#pragma once
// Elementwise functions of several tensors whose shapes are stretched to a common one (NumPy's rules).

#include <cstdint>
#include <utility>
#include <vector>

#include "mho/network/operators/operator.h"
#include "mho/network/operators/strided_copy.h"

namespace mho::network {

/// Where each operand's element lies for every element of the result, walked in the result's memory order.
struct Broadcast {
  TensorType result;
  Layout layout = Layout::plain;
  Shape dims;                  ///< of the walk, joined where possible; never empty
  std::vector<Shape> strides;  ///< of each operand, along dims
};

/// Of the operands `which` of a node; `type` is the result's. Fails where the shapes don't go together.
Broadcast broadcast(const Binding& b, const std::vector<std::size_t>& which, DataType type);

/// Calls line(first output element, offsets of the operands, strides of the operands, length) for every line.
template <typename Line>
void for_each_line(const Broadcast& plan, Line line) {
  const std::size_t rank = plan.dims.size();
  const std::size_t operands = plan.strides.size();
  for (const auto d : plan.dims) {
    if (d == 0) return;
  }
  std::vector<std::int64_t> index(rank, 0), offsets(operands, 0), steps(operands);
  for (std::size_t o = 0; o < operands; ++o) steps[o] = plan.strides[o][rank - 1];
  const std::int64_t length = plan.dims[rank - 1];
  for (std::int64_t at = 0;; at += length) {
    line(at, offsets.data(), steps.data(), length);
    std::size_t k = rank - 1;
    while (true) {
      if (k == 0) return;
      --k;
      for (std::size_t o = 0; o < operands; ++o) offsets[o] += plan.strides[o][k];
      if (++index[k] < plan.dims[k]) break;
      for (std::size_t o = 0; o < operands; ++o) offsets[o] -= plan.strides[o][k] * plan.dims[k];
      index[k] = 0;
    }
  }
}

/// out[...] = f(a[...], b[...]).
template <typename In, typename Out, typename F>
void apply(const Broadcast& plan, const In* a, const In* b, Out* out, F f) {
  for_each_line(plan, [&](std::int64_t at, const std::int64_t* o, const std::int64_t* s, std::int64_t n) {
    const In* x = a + o[0];
    const In* y = b + o[1];
    Out* z = out + at;
    if (s[0] == 1 && s[1] == 1) {
      for (std::int64_t i = 0; i < n; ++i) z[i] = f(x[i], y[i]);
    } else if (s[0] == 1 && s[1] == 0) {
      const In y0 = *y;
      for (std::int64_t i = 0; i < n; ++i) z[i] = f(x[i], y0);
    } else if (s[0] == 0 && s[1] == 1) {
      const In x0 = *x;
      for (std::int64_t i = 0; i < n; ++i) z[i] = f(x0, y[i]);
    } else {
      for (std::int64_t i = 0; i < n; ++i) z[i] = f(x[i * s[0]], y[i * s[1]]);
    }
  });
}

/// A node of two operands of type In.
template <typename In, typename Out, typename F>
Bound binary(Binding& b, DataType result, F f) {
  Bound bound;
  auto plan = broadcast(b, {0, 1}, result);
  bound.outputs = {plan.result};
  bound.layout = plan.layout;
  bound.compute = [plan = std::move(plan), f](const Operands& o) {
    apply(plan, static_cast<const In*>(o.in[0]), static_cast<const In*>(o.in[1]), static_cast<Out*>(o.out[0]),
          f);
  };
  return bound;
}

}  // namespace mho::network
