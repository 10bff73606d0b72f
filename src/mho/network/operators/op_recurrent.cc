// LSTM, GRU and RNN after lowering (recurrent.h): what happens at each time step around the recurrent
// product, which is an inner layer with weights.

#include <fmt/core.h>
#include <strings.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "mho/network/graph/recurrent.h"
#include "mho/network/operators/operator.h"
#include "mho/network/operators/run_state.h"

namespace mho::network {
namespace {

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

/// Where the numbers of one image lie at one time step, each with `hidden` numbers a gate.
struct Step {
  const float* x = nullptr;  ///< projected input: all gates
  float* r = nullptr;        ///< recurrent product: all gates; may be overwritten
  float* h = nullptr;        ///< state, in place
  float* c = nullptr;        ///< cell state of an LSTM, in place
  float* gated = nullptr;    ///< GRU with the reset before the product: r∘h, input of the second product
  const float* again = nullptr;  ///< … and that product
  std::size_t hidden = 0;
};

/// Gates in ONNX's order: i, o, f, c.
void lstm(const Step& s) {
  const std::size_t n = s.hidden;
  for (std::size_t k = 0; k < n; ++k) {
    const float i = sigmoid(s.x[k] + s.r[k]), o = sigmoid(s.x[n + k] + s.r[n + k]);
    const float f = sigmoid(s.x[2 * n + k] + s.r[2 * n + k]);
    s.c[k] = f * s.c[k] + i * std::tanh(s.x[3 * n + k] + s.r[3 * n + k]);
    s.h[k] = o * std::tanh(s.c[k]);
  }
}

/// Gates z, r, h; the reset gate multiplies the product.
void gru(const Step& s) {
  const std::size_t n = s.hidden;
  for (std::size_t k = 0; k < n; ++k) {
    const float z = sigmoid(s.x[k] + s.r[k]), r = sigmoid(s.x[n + k] + s.r[n + k]);
    const float candidate = std::tanh(s.x[2 * n + k] + r * s.r[2 * n + k]);
    s.h[k] = (1 - z) * candidate + z * s.h[k];
  }
}

/// The reset gate multiplies the state, whose product with the candidate's weights comes after it.
void gru_gates(const Step& s) {
  const std::size_t n = s.hidden;
  for (std::size_t k = 0; k < n; ++k) {
    s.r[k] = sigmoid(s.x[k] + s.r[k]);
    s.gated[k] = sigmoid(s.x[n + k] + s.r[n + k]) * s.h[k];
  }
}
void gru_candidate(const Step& s) {
  const std::size_t n = s.hidden;
  for (std::size_t k = 0; k < n; ++k) {
    const float candidate = std::tanh(s.x[2 * n + k] + s.again[k]);
    s.h[k] = (1 - s.r[k]) * candidate + s.r[k] * s.h[k];
  }
}

void rnn_tanh(const Step& s) {
  for (std::size_t k = 0; k < s.hidden; ++k) s.h[k] = std::tanh(s.x[k] + s.r[k]);
}
void rnn_relu(const Step& s) {
  for (std::size_t k = 0; k < s.hidden; ++k) s.h[k] = std::max(s.x[k] + s.r[k], 0.0f);
}

/// A recurrent node bound to sizes.
struct Recurrence {
  std::size_t images = 0, steps = 0, hidden = 0, gates = 0;
  std::size_t first_state = 0;  ///< of this direction in initial states
  bool reverse = false;
  void (*update)(const Step&) = nullptr;
  void (*before_second)(const Step&) = nullptr;  ///< what makes the second product's input, if there is one
  std::vector<Bound> products;                   ///< (images, hidden) to (images, …)

  // Scratch, in floats, each part aligned to 64 bytes.
  static std::size_t aligned(std::size_t n) { return (n + 15) / 16 * 16; }
  std::size_t state_size() const { return images * hidden; }
  std::size_t product_width() const { return before_second != nullptr ? 2 * hidden : gates * hidden; }
  std::size_t h_at() const { return 0; }
  std::size_t c_at() const { return aligned(state_size()); }
  std::size_t gated_at() const { return 2 * aligned(state_size()); }
  std::size_t again_at() const { return 3 * aligned(state_size()); }
  std::size_t product_at() const { return 4 * aligned(state_size()); }
  std::size_t inner_at() const { return product_at() + aligned(images * product_width()); }
  std::size_t scratch_bytes() const {
    std::size_t inner = 0;
    for (const auto& product : products) inner = std::max(inner, product.scratch_bytes);
    return inner_at() * sizeof(float) + inner;
  }

  void multiply(std::size_t which, const Operands& o, const float* from, float* to,
                std::byte* scratch) const {
    const void* in[] = {from, nullptr, nullptr};  // weights and biases are constants
    void* out[] = {to};
    products[which].compute({in, out, scratch, o.run});
  }
  void run(const Operands& o) const;
};

void Recurrence::run(const Operands& o) const {
  auto* scratch = reinterpret_cast<float*>(o.scratch);
  float *h = scratch + h_at(), *c = scratch + c_at(), *gated = scratch + gated_at();
  float *again = scratch + again_at(), *product = scratch + product_at();
  auto* inner = reinterpret_cast<std::byte*>(scratch + inner_at());
  const auto start = [&](std::size_t input, float* state) {
    if (o.in[input] == nullptr)
      std::fill_n(state, state_size(), 0.0f);
    else
      std::copy_n(o.floats(input) + first_state, state_size(), state);
  };
  start(1, h);
  start(2, c);
  const auto for_each_image = [&](void (*what)(const Step&), std::size_t t) {
    for (std::size_t n = 0; n < images; ++n) {
      what({.x = o.floats(0) + (n * steps + t) * gates * hidden,
            .r = product + n * product_width(),
            .h = h + n * hidden,
            .c = c + n * hidden,
            .gated = gated + n * hidden,
            .again = again + n * hidden,
            .hidden = hidden});
    }
  };
  const auto give = [&](std::size_t output, std::size_t at, const float* state) {
    if (output < o.out.size() && o.out[output] != nullptr)
      std::copy_n(state, state_size(), o.out_floats(output) + at);
  };
  for (std::size_t s = 0; s < steps; ++s) {
    const std::size_t t = reverse ? steps - 1 - s : s;
    if (o.run != nullptr) o.run->step = s;
    multiply(0, o, h, product, inner);
    if (before_second != nullptr) {
      for_each_image(before_second, t);
      multiply(1, o, gated, again, inner);
    }
    for_each_image(update, t);
    give(0, t * state_size(), h);
  }
  if (o.run != nullptr) o.run->step = 0;
  give(1, 0, h);
  give(2, 0, c);
}

void choose_cell(const Binding& b, Recurrence& r) {
  if (b.node.op == "LSTM") {
    r.gates = 4;
    r.update = lstm;
  } else if (b.node.op == "GRU") {
    r.gates = 3;
    r.update = b.node.inner.size() == 2 ? gru_candidate : gru;
    if (b.node.inner.size() == 2) r.before_second = gru_gates;
  } else {
    r.gates = 1;
    r.update = rnn_tanh;
    const auto found = b.node.attributes.find("activations");
    const auto which = static_cast<std::size_t>(b.integer("direction_index", 0));
    if (found != b.node.attributes.end() && which < found->second.strings.size() &&
        strcasecmp(found->second.strings[which].c_str(), "Relu") == 0)
      r.update = rnn_relu;
  }
}

Bound recurrent(Binding& b) {
  b.need(!b.node.inner.empty(), "its weights are not known yet");
  b.need_inputs(1, 3);
  b.need_floats({0, 1, 2});
  auto r = std::make_shared<Recurrence>();
  choose_cell(b, *r);
  const Shape& x = b.shape(0);
  const std::int64_t hidden = b.graph.constants[b.node.inner[0].inputs[1]]->shape[0];
  b.need(x.size() == 3 && x[2] == hidden * static_cast<std::int64_t>(r->gates),
         "its input must have three dimensions: steps, batch, inputs");
  r->images = static_cast<std::size_t>(x[0]);
  r->steps = static_cast<std::size_t>(x[1]);
  r->hidden = static_cast<std::size_t>(hidden);
  r->reverse = b.integer("reverse", 0) != 0;
  const std::int64_t direction = b.integer("direction_index", 0);
  r->first_state = static_cast<std::size_t>(direction) * r->state_size();
  for (const std::size_t i : {1, 2}) {
    if (!b.has(i)) continue;
    const Shape& s = b.shape(i);
    b.need(s.size() == 3 && s[0] > direction && s[1] == x[0] && s[2] == hidden,
           fmt::format("an initial state of shape {} for {} in the batch and {} hidden units", text(s), x[0],
                       hidden));
  }
  Bound bound;
  const TensorType state{DataType::f32, {1, x[0], hidden}};
  bound.outputs = {{DataType::f32, {x[1], 1, x[0], hidden}}, state};
  if (b.node.op == "LSTM") bound.outputs.push_back(state);
  for (std::size_t k = 0; k < b.node.inner.size(); ++k)
    r->products.push_back(b.bind_inner(k, {DataType::f32, {x[0], hidden}}));
  if (b.only_shapes) return bound;
  bound.scratch_bytes = r->scratch_bytes();
  bound.implementation = "steps";
  bound.compute = [r](const Operands& o) { r->run(o); };
  return bound;
}

const OperatorEntry entries[] = {
    {"GRU", {recurrent, false}}, {"LSTM", {recurrent, false}}, {"RNN", {recurrent, false}}};

}  // namespace

std::span<const OperatorEntry> recurrent_operators() { return entries; }

}  // namespace mho::network
