// Operators that treat every element alike: activations, arithmetic, comparisons, logic.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

#include "mho/network/operators/broadcast.h"
#include "mho/network/operators/operator.h"

namespace mho::network {
namespace {

/// out = f(x) of float32.
template <typename F>
Bound map_floats(Binding& b, F f) {
  b.need_floats({0});
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.layout = b.layout(0);
  bound.compute = [n = b.type(0).elements(), f](const Operands& o) {
    const float* x = o.floats(0);
    float* y = o.out_floats();
    for (std::size_t i = 0; i < n; ++i) y[i] = f(x[i]);
  };
  return bound;
}

/// The same for integers, which wrap around as in two's complement.
template <typename F>
Bound map_integers(Binding& b, F f) {
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.layout = b.layout(0);
  bound.compute = [n = b.type(0).elements(), f](const Operands& o) {
    for (std::size_t i = 0; i < n; ++i) o.out_integers()[i] = f(o.integers(0)[i]);
  };
  return bound;
}

template <float (*F)(float)>
Bound function(Binding& b) {
  b.need_inputs(1, 1);
  return map_floats(b, [](float x) { return F(x); });
}

float relu(float x) { return x > 0 ? x : 0.0f; }
float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }
float tanh_of(float x) { return std::tanh(x); }
float exp_of(float x) { return std::exp(x); }
float log_of(float x) { return std::log(x); }
float sqrt_of(float x) { return std::sqrt(x); }
float erf_of(float x) { return std::erf(x); }
float sin_of(float x) { return std::sin(x); }
float cos_of(float x) { return std::cos(x); }
float floor_of(float x) { return std::floor(x); }
float ceil_of(float x) { return std::ceil(x); }
float round_of(float x) { return std::nearbyint(x); }
float reciprocal(float x) { return 1 / x; }
float softplus(float x) { return x > 20 ? x : std::log1p(std::exp(x)); }
float softsign(float x) { return x / (1 + std::abs(x)); }
float hard_swish(float x) { return x * std::clamp(x / 6 + 0.5f, 0.0f, 1.0f); }
float mish(float x) { return x * std::tanh(softplus(x)); }

template <float (*Float)(float), std::int64_t (*Integer)(std::int64_t)>
Bound function_of_both(Binding& b) {
  b.need_inputs(1, 1);
  if (is_floating(b.type(0).type)) return map_floats(b, [](float x) { return Float(x); });
  return map_integers(b, [](std::int64_t x) { return Integer(x); });
}
std::int64_t negative(std::int64_t x) { return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(x)); }
float negative_of(float x) { return -x; }
float absolute_of(float x) { return std::abs(x); }
std::int64_t absolute(std::int64_t x) { return x < 0 ? negative(x) : x; }
float sign_of(float x) { return x > 0 ? 1.0f : (x < 0 ? -1.0f : 0.0f); }
std::int64_t sign(std::int64_t x) { return (x > 0) - (x < 0); }

template <typename F>
Bound question(Binding& b, F f) {
  b.need_inputs(1, 1);
  b.need_floats({0});
  Bound bound;
  bound.outputs = {{DataType::boolean, b.shape(0)}};
  bound.layout = b.layout(0);
  bound.compute = [n = b.type(0).elements(), f](const Operands& o) {
    for (std::size_t i = 0; i < n; ++i) o.out_integers()[i] = f(o.floats(0)[i]) ? 1 : 0;
  };
  return bound;
}
Bound is_nan(Binding& b) {
  return question(b, [](float x) { return std::isnan(x); });
}
Bound is_infinite(Binding& b) {
  const bool positive = b.integer("detect_positive", 1) != 0, negative = b.integer("detect_negative", 1) != 0;
  return question(b, [=](float x) { return std::isinf(x) && (x > 0 ? positive : negative); });
}

Bound logical_not(Binding& b) {
  b.need_inputs(1, 1);
  b.need(!is_floating(b.type(0).type), "needs truth values");
  return map_integers(b, [](std::int64_t x) { return std::int64_t{x == 0}; });
}

Bound leaky_relu(Binding& b) {
  b.need_inputs(1, 1);
  return map_floats(b, [a = b.number("alpha", 0.01f)](float x) { return x < 0 ? a * x : x; });
}
Bound elu(Binding& b) {
  b.need_inputs(1, 1);
  return map_floats(b, [a = b.number("alpha", 1)](float x) { return x < 0 ? a * std::expm1(x) : x; });
}
Bound selu(Binding& b) {
  b.need_inputs(1, 1);
  const float alpha = b.number("alpha", 1.67326319217681884765625f);
  const float gamma = b.number("gamma", 1.05070102214813232421875f);
  return map_floats(b, [=](float x) { return gamma * (x > 0 ? x : alpha * std::expm1(x)); });
}
Bound celu(Binding& b) {
  b.need_inputs(1, 1);
  return map_floats(b, [a = b.number("alpha", 1)](float x) { return x > 0 ? x : a * std::expm1(x / a); });
}
Bound thresholded_relu(Binding& b) {
  b.need_inputs(1, 1);
  return map_floats(b, [a = b.number("alpha", 1)](float x) { return x > a ? x : 0.0f; });
}
Bound hard_sigmoid(Binding& b) {
  b.need_inputs(1, 1);
  const float alpha = b.number("alpha", 0.2f), beta = b.number("beta", 0.5f);
  return map_floats(b, [=](float x) { return std::clamp(alpha * x + beta, 0.0f, 1.0f); });
}
Bound gelu(Binding& b) {
  b.need_inputs(1, 1);
  const std::string form = b.word("approximate", "none");
  b.need(form == "none" || form == "tanh", "attribute 'approximate' is '" + form + "'; known are none, tanh");
  if (form == "tanh") {
    return map_floats(
        b, [](float x) { return 0.5f * x * (1 + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x))); });
  }
  return map_floats(b, [](float x) { return 0.5f * x * (1 + std::erf(x * 0.70710678118654752f)); });
}

Bound clip(Binding& b) {
  b.need_inputs(1, 3);
  b.need_floats({0, 1, 2});
  const float lo = b.number("min", -std::numeric_limits<float>::infinity());
  const float hi = b.number("max", std::numeric_limits<float>::infinity());
  for (const std::size_t i : {1, 2})
    b.need(!b.has(i) || b.type(i).elements() == 1, "a limit must be one number");
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.layout = b.layout(0);
  bound.compute = [=, n = b.type(0).elements(), from = b.has(1), to = b.has(2)](const Operands& o) {
    const float low = from ? *o.floats(1) : lo;
    const float high = to ? *o.floats(2) : hi;
    const float* x = o.floats(0);
    float* y = o.out_floats();
    for (std::size_t i = 0; i < n; ++i) y[i] = std::min(std::max(x[i], low), high);
  };
  return bound;
}

/// Two operands of one kind, float32 or integer.
template <typename FloatF, typename IntegerF>
Bound arithmetic(Binding& b, FloatF on_floats, IntegerF on_integers) {
  b.need_inputs(2, 2);
  const bool floating = is_floating(b.type(0).type);
  b.need(floating == is_floating(b.type(1).type),
         fmt::format("operands are {} and {}", name(b.type(0).type), name(b.type(1).type)));
  if (floating) return binary<float, float>(b, b.type(0).type, on_floats);
  return binary<std::int64_t, std::int64_t>(b, b.type(0).type, on_integers);
}

using U = std::uint64_t;
std::int64_t quotient(std::int64_t x, std::int64_t y) {
  if (y == 0) return 0;
  return y == -1 ? negative(x) : x / y;
}
std::int64_t floor_remainder(std::int64_t x, std::int64_t y) {
  if (y == 0 || y == -1) return 0;
  const std::int64_t r = x % y;
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
float floor_remainder(float x, float y) {
  const float r = std::fmod(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

Bound add(Binding& b) {
  return arithmetic(b, std::plus<float>(), [](U x, U y) { return static_cast<std::int64_t>(x + y); });
}
Bound sub(Binding& b) {
  return arithmetic(b, std::minus<float>(), [](U x, U y) { return static_cast<std::int64_t>(x - y); });
}
Bound mul(Binding& b) {
  return arithmetic(b, std::multiplies<float>(), [](U x, U y) { return static_cast<std::int64_t>(x * y); });
}
Bound div(Binding& b) {
  return arithmetic(b, std::divides<float>(), [](std::int64_t x, std::int64_t y) { return quotient(x, y); });
}
Bound mod(Binding& b) {
  if (b.integer("fmod", 0) != 0) {
    return arithmetic(
        b, [](float x, float y) { return std::fmod(x, y); },
        [](std::int64_t x, std::int64_t y) { return y == 0 || y == -1 ? 0 : x % y; });
  }
  return arithmetic(
      b, [](float x, float y) { return floor_remainder(x, y); },
      [](std::int64_t x, std::int64_t y) { return floor_remainder(x, y); });
}
Bound prelu(Binding& b) {
  b.need_floats({0, 1});
  return arithmetic(
      b, [](float x, float slope) { return x < 0 ? slope * x : x; },
      [](std::int64_t x, std::int64_t) { return x; });
}

Bound pow(Binding& b) {
  b.need_inputs(2, 2);
  b.need_floats({0});
  const Tensor* exponent = b.constant(1);
  if (exponent != nullptr && exponent->elements() == 1) {
    const float e =
        is_floating(exponent->type) ? exponent->floats()[0] : static_cast<float>(exponent->integers()[0]);
    if (b.rank(1) <= b.rank(0)) {
      if (e == 2) return map_floats(b, [](float x) { return x * x; });
      return map_floats(b, [e](float x) { return std::pow(x, e); });
    }
  }
  b.need_floats({1});
  return binary<float, float>(b, b.type(0).type, [](float x, float y) { return std::pow(x, y); });
}

/// Min, Max, Sum, Mean: any number of operands, taken two at a time.
template <typename F>
Bound variadic(Binding& b, F f, bool mean = false) {
  b.need_inputs(1, 1024);
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < b.inputs(); ++i) {
    b.need(b.has(i), fmt::format("input {} is missing", i));
    b.need_floats({i});
    all.push_back(i);
  }
  auto plan = broadcast(b, all, b.type(0).type);
  Bound bound;
  bound.outputs = {plan.result};
  bound.layout = plan.layout;
  const float factor = mean ? 1.0f / static_cast<float>(all.size()) : 1.0f;
  bound.compute = [plan = std::move(plan), f, factor](const Operands& o) {
    for_each_line(plan,
                  [&](std::int64_t at, const std::int64_t* offset, const std::int64_t* step, std::int64_t n) {
                    for (std::int64_t i = 0; i < n; ++i) {
                      float value = o.floats(0)[offset[0] + i * step[0]];
                      for (std::size_t k = 1; k < o.in.size(); ++k)
                        value = f(value, o.floats(k)[offset[k] + i * step[k]]);
                      o.out_floats()[at + i] = value * factor;
                    }
                  });
  };
  return bound;
}
Bound minimum(Binding& b) {
  return variadic(b, [](float x, float y) { return std::min(x, y); });
}
Bound maximum(Binding& b) {
  return variadic(b, [](float x, float y) { return std::max(x, y); });
}
Bound sum(Binding& b) { return variadic(b, std::plus<float>()); }
Bound mean(Binding& b) { return variadic(b, std::plus<float>(), true); }

template <template <typename> typename Comparison>
Bound compare(Binding& b) {
  b.need_inputs(2, 2);
  const bool floating = is_floating(b.type(0).type);
  b.need(floating == is_floating(b.type(1).type),
         fmt::format("operands are {} and {}", name(b.type(0).type), name(b.type(1).type)));
  if (floating) {
    return binary<float, std::int64_t>(
        b, DataType::boolean, [](float x, float y) { return std::int64_t{Comparison<float>()(x, y)}; });
  }
  return binary<std::int64_t, std::int64_t>(b, DataType::boolean, [](std::int64_t x, std::int64_t y) {
    return std::int64_t{Comparison<std::int64_t>()(x, y)};
  });
}
template <typename F>
Bound logic(Binding& b, F f) {
  b.need_inputs(2, 2);
  b.need(!is_floating(b.type(0).type) && !is_floating(b.type(1).type), "needs truth values");
  return binary<std::int64_t, std::int64_t>(
      b, DataType::boolean, [f](std::int64_t x, std::int64_t y) { return std::int64_t{f(x != 0, y != 0)}; });
}
Bound logical_and(Binding& b) { return logic(b, std::logical_and<bool>()); }
Bound logical_or(Binding& b) { return logic(b, std::logical_or<bool>()); }
Bound logical_xor(Binding& b) { return logic(b, std::not_equal_to<bool>()); }

constexpr bool any_layout = true;
const OperatorEntry entries[] = {
    {"Abs", {function_of_both<absolute_of, absolute>, any_layout}},
    {"Add", {add, any_layout}},
    {"And", {logical_and, any_layout}},
    {"Ceil", {function<ceil_of>, any_layout}},
    {"Celu", {celu, any_layout}},
    {"Clip", {clip, any_layout}},
    {"Cos", {function<cos_of>, any_layout}},
    {"Div", {div, any_layout}},
    {"Elu", {elu, any_layout}},
    {"Equal", {compare<std::equal_to>, any_layout}},
    {"Erf", {function<erf_of>, any_layout}},
    {"Exp", {function<exp_of>, any_layout}},
    {"Floor", {function<floor_of>, any_layout}},
    {"Gelu", {gelu, any_layout}},
    {"Greater", {compare<std::greater>, any_layout}},
    {"GreaterOrEqual", {compare<std::greater_equal>, any_layout}},
    {"HardSigmoid", {hard_sigmoid, any_layout}},
    {"HardSwish", {function<hard_swish>, any_layout}},
    {"IsInf", {is_infinite, any_layout}},
    {"IsNaN", {is_nan, any_layout}},
    {"LeakyRelu", {leaky_relu, any_layout}},
    {"Less", {compare<std::less>, any_layout}},
    {"LessOrEqual", {compare<std::less_equal>, any_layout}},
    {"Log", {function<log_of>, any_layout}},
    {"Max", {maximum, any_layout}},
    {"Mean", {mean, any_layout}},
    {"Min", {minimum, any_layout}},
    {"Mish", {function<mish>, any_layout}},
    {"Mod", {mod, any_layout}},
    {"Mul", {mul, any_layout}},
    {"Neg", {function_of_both<negative_of, negative>, any_layout}},
    {"Not", {logical_not, any_layout}},
    {"Or", {logical_or, any_layout}},
    {"Pow", {pow, any_layout}},
    {"PRelu", {prelu, any_layout}},
    {"Reciprocal", {function<reciprocal>, any_layout}},
    {"Relu", {function<relu>, any_layout}},
    {"Round", {function<round_of>, any_layout}},
    {"Selu", {selu, any_layout}},
    {"Sigmoid", {function<sigmoid>, any_layout}},
    {"Sign", {function_of_both<sign_of, sign>, any_layout}},
    {"Sin", {function<sin_of>, any_layout}},
    {"Softplus", {function<softplus>, any_layout}},
    {"Softsign", {function<softsign>, any_layout}},
    {"Sqrt", {function<sqrt_of>, any_layout}},
    {"Sub", {sub, any_layout}},
    {"Sum", {sum, any_layout}},
    {"Tanh", {function<tanh_of>, any_layout}},
    {"ThresholdedRelu", {thresholded_relu, any_layout}},
    {"Xor", {logical_xor, any_layout}},
};

}  // namespace

std::span<const OperatorEntry> elementwise_operators() { return entries; }

}  // namespace mho::network
