// Normalizations: Softmax, LayerNormalization, BatchNormalization (where it could not be folded), …

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mho/network/operators/operator.h"
#include "mho/network/operators/strided_copy.h"

namespace mho::network {
namespace {

/// Softmax of n numbers, `step` apart.
void softmax_line(const float* x, float* y, std::size_t n, std::size_t step, bool logarithm) {
  float top = x[0];
  for (std::size_t i = 1; i < n; ++i) top = std::max(top, x[i * step]);
  double total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float e = std::exp(x[i * step] - top);
    total += e;
    y[i * step] = logarithm ? x[i * step] - top : e;
  }
  const auto factor = static_cast<float>(1 / total);
  const auto shift = static_cast<float>(std::log(total));
  for (std::size_t i = 0; i < n; ++i) y[i * step] = logarithm ? y[i * step] - shift : y[i * step] * factor;
}

Bound softmax_of(Binding& b, bool logarithm) {
  b.need_inputs(1, 1);
  b.need_floats({0});
  const bool from_axis_on = b.graph.opset < 13;  // older sets flatten everything from `axis` on
  const std::size_t axis = b.axis(b.integer("axis", from_axis_on ? 1 : -1), b.rank(0));
  const Shape& s = b.shape(0);
  const std::size_t outer = element_count(Shape(s.begin(), s.begin() + axis));
  std::size_t n = s[axis];
  std::size_t inner = element_count(Shape(s.begin() + axis + 1, s.end()));
  if (from_axis_on) {
    n *= inner;
    inner = 1;
  }
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.compute = [=](const Operands& o) {
    if (n == 0) return;
    for (std::size_t i = 0; i < outer * inner; ++i) {
      const std::size_t at = i / inner * n * inner + i % inner;
      softmax_line(o.floats(0) + at, o.out_floats() + at, n, inner, logarithm);
    }
  };
  return bound;
}
Bound softmax(Binding& b) { return softmax_of(b, false); }
Bound log_softmax(Binding& b) { return softmax_of(b, true); }

/// y <- (x - mean)/sqrt(variance + epsilon) of n consecutive numbers; gives both.
std::pair<float, float> standardize(const float* x, float* y, std::size_t n, float epsilon) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) sum += x[i];
  const double mean = sum / static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
  const double inverse = 1 / std::sqrt(squares / static_cast<double>(n) + epsilon);
  for (std::size_t i = 0; i < n; ++i) y[i] = static_cast<float>((x[i] - mean) * inverse);
  return {static_cast<float>(mean), static_cast<float>(inverse)};
}

Bound layer_normalization(Binding& b) {
  b.need_inputs(2, 3);
  b.need_floats({0, 1, 2});
  const std::size_t axis = b.axis(b.integer("axis", -1), b.rank(0));
  const float epsilon = b.number("epsilon", 1e-5f);
  const Shape& s = b.shape(0);
  const std::size_t outer = element_count(Shape(s.begin(), s.begin() + axis));
  const std::size_t n = element_count(Shape(s.begin() + axis, s.end()));
  for (const std::size_t i : {1, 2}) {
    b.need(!b.has(i) || b.type(i).elements() == n, "scale and bias must have the normalized shape");
  }
  Bound bound;
  bound.outputs = {b.type(0)};
  Shape reduced(s.begin(), s.begin() + axis);
  reduced.resize(s.size(), 1);
  for (std::size_t i = 1; i < b.node.outputs.size(); ++i) bound.outputs.push_back({DataType::f32, reduced});
  bound.compute = [=, has_bias = b.has(2)](const Operands& o) {
    for (std::size_t i = 0; i < outer; ++i) {
      float* y = o.out_floats() + i * n;
      const auto [mean, inverse] = standardize(o.floats(0) + i * n, y, n, epsilon);
      for (std::size_t k = 0; k < n; ++k) y[k] = y[k] * o.floats(1)[k] + (has_bias ? o.floats(2)[k] : 0.0f);
      if (o.out.size() > 1 && o.out[1] != nullptr) o.out_floats(1)[i] = mean;
      if (o.out.size() > 2 && o.out[2] != nullptr) o.out_floats(2)[i] = inverse;
    }
  };
  return bound;
}

Bound instance_normalization(Binding& b) {
  b.need_inputs(3, 3);
  b.need_floats({0, 1, 2});
  b.need(b.rank(0) >= 2, "needs channels");
  const float epsilon = b.number("epsilon", 1e-5f);
  const auto channels = static_cast<std::size_t>(b.shape(0)[1]);
  b.need(b.type(1).elements() == channels && b.type(2).elements() == channels,
         "needs one scale and bias a channel");
  const std::size_t n = element_count(Shape(b.shape(0).begin() + 2, b.shape(0).end()));
  const std::size_t outer = element_count({b.shape(0)[0], b.shape(0)[1]});
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.compute = [=](const Operands& o) {
    for (std::size_t i = 0; i < outer; ++i) {
      float* y = o.out_floats() + i * n;
      standardize(o.floats(0) + i * n, y, n, epsilon);
      const float scale = o.floats(1)[i % channels], bias = o.floats(2)[i % channels];
      for (std::size_t k = 0; k < n; ++k) y[k] = y[k] * scale + bias;
    }
  };
  return bound;
}

Bound group_normalization(Binding& b) {
  b.need_inputs(3, 3);
  b.need_floats({0, 1, 2});
  b.need(b.rank(0) >= 2, "needs channels");
  const auto channels = static_cast<std::size_t>(b.shape(0)[1]);
  const std::int64_t groups = b.integer("num_groups", 0);
  b.need(groups > 0 && channels % groups == 0, "num_groups doesn't divide the channels");
  const std::size_t scales = b.type(1).elements();
  const std::size_t wanted = b.graph.opset >= 21 ? channels : static_cast<std::size_t>(groups);
  b.need(scales == wanted && b.type(2).elements() == wanted,
         fmt::format("needs {} scales and biases", wanted));
  const float epsilon = b.number("epsilon", 1e-5f);
  const std::size_t pixels = element_count(Shape(b.shape(0).begin() + 2, b.shape(0).end()));
  const std::size_t in_group = channels / groups;
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.compute = [=, batch = static_cast<std::size_t>(b.shape(0)[0]),
                   g = static_cast<std::size_t>(groups)](const Operands& o) {
    const std::size_t n = in_group * pixels;
    for (std::size_t i = 0; i < batch * g; ++i) {
      float* y = o.out_floats() + i * n;
      standardize(o.floats(0) + i * n, y, n, epsilon);
      for (std::size_t c = 0; c < in_group; ++c) {
        const std::size_t which = scales == channels ? i % g * in_group + c : i % g;
        for (std::size_t p = 0; p < pixels; ++p)
          y[c * pixels + p] = y[c * pixels + p] * o.floats(1)[which] + o.floats(2)[which];
      }
    }
  };
  return bound;
}

Bound batch_normalization(Binding& b) {
  b.need_inputs(5, 5);
  b.need_floats({0, 1, 2, 3, 4});
  b.need(b.rank(0) >= 2, "needs channels");
  b.need(b.integer("training_mode", 0) == 0, "training mode is not supported");
  const auto channels = static_cast<std::size_t>(b.shape(0)[1]);
  for (const std::size_t i : {1, 2, 3, 4})
    b.need(b.type(i).elements() == channels, "needs one number a channel");
  const float epsilon = b.number("epsilon", 1e-5f);
  const std::size_t pixels = element_count(Shape(b.shape(0).begin() + 2, b.shape(0).end()));
  const bool last = b.layout(0) == Layout::channels_last;
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.layout = b.layout(0);
  bound.compute = [=, batch = static_cast<std::size_t>(b.shape(0)[0])](const Operands& o) {
    std::vector<float> scale(channels), shift(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      scale[c] = o.floats(1)[c] / std::sqrt(o.floats(4)[c] + epsilon);
      shift[c] = o.floats(2)[c] - o.floats(3)[c] * scale[c];
    }
    const float* x = o.floats(0);
    float* y = o.out_floats();
    if (last) {
      for (std::size_t p = 0; p < batch * pixels; ++p, x += channels, y += channels) {
        for (std::size_t c = 0; c < channels; ++c) y[c] = x[c] * scale[c] + shift[c];
      }
    } else {
      for (std::size_t i = 0; i < batch * channels; ++i, x += pixels, y += pixels) {
        for (std::size_t p = 0; p < pixels; ++p) y[p] = x[p] * scale[i % channels] + shift[i % channels];
      }
    }
  };
  return bound;
}

Bound local_response_normalization(Binding& b) {
  b.need_inputs(1, 1);
  b.need_floats({0});
  b.need(b.rank(0) >= 2, "needs channels");
  const float alpha = b.number("alpha", 1e-4f), beta = b.number("beta", 0.75f), bias = b.number("bias", 1);
  const std::int64_t size = b.integer("size", 0), channels = b.shape(0)[1];
  b.need(size > 0 && size < (1 << 20), "attribute 'size' must be positive");
  const auto pixels =
      static_cast<std::int64_t>(element_count(Shape(b.shape(0).begin() + 2, b.shape(0).end())));
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.compute = [=, batch = b.shape(0)[0]](const Operands& o) {
    for (std::int64_t i = 0; i < batch * channels * pixels; ++i) {
      const std::int64_t c = i / pixels % channels;
      const std::int64_t from = std::max<std::int64_t>(0, c - (size - 1) / 2);
      const std::int64_t to = std::min(channels - 1, c + size / 2);
      double squares = 0;
      for (std::int64_t k = from; k <= to; ++k) {
        const double v = o.floats(0)[i + (k - c) * pixels];
        squares += v * v;
      }
      o.out_floats()[i] = static_cast<float>(
          o.floats(0)[i] / std::pow(bias + alpha / static_cast<double>(size) * squares, beta));
    }
  };
  return bound;
}

Bound lp_normalization(Binding& b) {
  b.need_inputs(1, 1);
  b.need_floats({0});
  const std::int64_t p = b.integer("p", 2);
  b.need(p == 1 || p == 2, "attribute 'p' must be 1 or 2");
  const std::size_t axis = b.axis(b.integer("axis", -1), b.rank(0));
  const Shape& s = b.shape(0);
  const std::size_t outer = element_count(Shape(s.begin(), s.begin() + axis)), n = s[axis];
  const std::size_t inner = element_count(Shape(s.begin() + axis + 1, s.end()));
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.compute = [=](const Operands& o) {
    for (std::size_t i = 0; i < outer * inner; ++i) {
      const std::size_t at = i / inner * n * inner + i % inner;
      double total = 0;
      for (std::size_t k = 0; k < n; ++k) {
        const double v = o.floats(0)[at + k * inner];
        total += p == 1 ? std::abs(v) : v * v;
      }
      if (p == 2) total = std::sqrt(total);
      for (std::size_t k = 0; k < n; ++k) {
        o.out_floats()[at + k * inner] =
            total == 0 ? 0.0f : static_cast<float>(o.floats(0)[at + k * inner] / total);
      }
    }
  };
  return bound;
}

const OperatorEntry entries[] = {
    {"BatchNormalization", {batch_normalization, true}},
    {"GroupNormalization", {group_normalization, false}},
    {"InstanceNormalization", {instance_normalization, false}},
    {"LayerNormalization", {layer_normalization, false}},
    {"LogSoftmax", {log_softmax, false}},
    {"LpNormalization", {lp_normalization, false}},
    {"LRN", {local_response_normalization, false}},
    {"Softmax", {softmax, false}},
};

}  // namespace

std::span<const OperatorEntry> normalization_operators() { return entries; }

}  // namespace mho::network
