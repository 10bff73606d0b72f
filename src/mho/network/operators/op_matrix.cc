// MatMul and Gemm by oneDNN.

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "mho/network/operators/dense.h"
#include "mho/network/operators/epilogue.h"
#include "mho/network/operators/onednn.h"
#include "mho/network/operators/operator.h"

namespace mho::network {

DenseGeometry dense_geometry(const Binding& b) {
  b.need_floats({0, 1, 2});
  DenseGeometry g;
  const Shape& x = b.shape(0);
  const Shape& w = b.shape(1);
  b.need(w.size() == 2 && !x.empty(), fmt::format("multiplies {} by {}", text(x), text(w)));
  const bool gemm = b.node.op == "Gemm";
  b.need(!gemm || x.size() == 2, "its first operand must be a matrix");
  b.need(!gemm || b.integer("transA", 0) == 0,
         "transposes its first operand, which a layer's input can't be");
  const bool transposed = gemm && b.integer("transB", 0) != 0;
  g.in = static_cast<std::size_t>(w[transposed ? 1 : 0]);
  g.out = static_cast<std::size_t>(w[transposed ? 0 : 1]);
  b.need(x.back() == static_cast<std::int64_t>(g.in), fmt::format("multiplies {} by {}", text(x), text(w)));
  b.need(g.in > 0 && g.out > 0, "has no weights");
  g.vectors = element_count(Shape(x.begin(), x.end() - 1));
  g.shape = x;
  g.shape.back() = static_cast<std::int64_t>(g.out);
  return g;
}

core::Matrix<float> dense_weights(const Binding& b, const DenseGeometry& g) {
  const bool gemm = b.node.op == "Gemm";
  const float alpha = gemm ? b.number("alpha", 1) : 1;
  const bool transposed = gemm && b.integer("transB", 0) != 0;
  const auto from = b.constant(1)->floats();
  core::Matrix<float> w(g.out, g.in);
  for (std::size_t o = 0; o < g.out; ++o) {
    for (std::size_t i = 0; i < g.in; ++i)
      w(o, i) = alpha * (transposed ? from[o * g.in + i] : from[i * g.out + o]);
  }
  return w;
}

std::vector<float> dense_bias(const Binding& b, const DenseGeometry& g) {
  if (!b.has(2) || b.inputs() < 3) return {};
  b.need(b.constant(2) != nullptr, "its bias must be a constant");
  const float beta = b.node.op == "Gemm" ? b.number("beta", 1) : 1;
  const auto from = b.constant(2)->floats();
  b.need(from.size() == 1 || (from.size() == g.out && b.shape(2).back() == static_cast<std::int64_t>(g.out)),
         fmt::format("its bias has shape {} for {} outputs", text(b.shape(2)), g.out));
  std::vector<float> bias(g.out);
  for (std::size_t o = 0; o < g.out; ++o) bias[o] = beta * from[from.size() == 1 ? 0 : o];
  return bias;
}

namespace {

using Md = dnnl::memory::desc;
constexpr auto f32 = dnnl::memory::data_type::f32;

struct Ready {
  dnnl::primitive primitive;
  Md source, weights_md, target, scratchpad;
  dnnl::memory weights, bias;  // constants, packed; weights empty where they are computed
  std::vector<float> bias_values;
};

dnnl::memory in_place(const Md& md, const void* at) {
  return {md, cpu_engine(), const_cast<void*>(at)};  // oneDNN has no memory that is only read
}

void run(const Ready& r, const Operands& o) {
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, in_place(r.source, o.in[0])},
      {DNNL_ARG_WEIGHTS, r.weights ? r.weights : in_place(r.weights_md, o.in[1])},
      {DNNL_ARG_DST, in_place(r.target, o.out[0])},
      {DNNL_ARG_SCRATCHPAD, in_place(r.scratchpad, o.scratch)}};
  if (r.bias) arguments.emplace(DNNL_ARG_BIAS, r.bias);
  dnnl::stream stream(cpu_engine());
  r.primitive.execute(stream, arguments);
}

dnnl::matmul::primitive_desc finish(Ready& r, const Md& weights, const Md& bias) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const auto desc = bias.data.ndims > 0 ? dnnl::matmul::desc(r.source, weights, bias, r.target)
                                        : dnnl::matmul::desc(r.source, weights, r.target);
  dnnl::matmul::primitive_desc pd(desc, attr, cpu_engine());
  r.primitive = dnnl::matmul(pd);
  r.scratchpad = pd.scratchpad_desc();
  return pd;
}

/// A layer: constant weights.
Bound dense(Binding& b) {
  const DenseGeometry g = dense_geometry(b);
  const std::size_t residual = b.inputs();
  const Epilogue epilogue = b.node.epilogue;
  Bound bound;
  bound.outputs = {{DataType::f32, g.shape}};
  b.want(0, Layout::plain);
  if (epilogue.residual >= 0) {
    b.want(residual, Layout::plain);
    b.need(b.shape(residual) == g.shape, "what is added has another shape");
  }
  if (b.only_shapes) return bound;
  if (g.vectors == 0) {
    bound.compute = [](const Operands&) {};
    return bound;
  }
  auto ready = std::make_shared<Ready>();
  const auto m = static_cast<std::int64_t>(g.vectors), k = static_cast<std::int64_t>(g.in),
             n = static_cast<std::int64_t>(g.out);
  ready->source = Md({m, k}, f32, dnnl::memory::dims{k, 1});
  ready->target = Md({m, n}, f32, dnnl::memory::dims{n, 1});
  ready->bias_values = dense_bias(b, g);
  const Md bias = ready->bias_values.empty() ? Md() : Md({1, n}, f32, dnnl::memory::dims{n, 1});
  const auto pd = finish(*ready, Md({k, n}, f32, dnnl::memory::format_tag::any), bias);
  const auto w = dense_weights(b, g);
  const dnnl::memory from = in_place(Md({k, n}, f32, dnnl::memory::dims{1, k}), w.elements.data());
  ready->weights = dnnl::memory(pd.weights_desc(), cpu_engine());
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(from, ready->weights).execute(stream, const_cast<dnnl::memory&>(from), ready->weights);
  stream.wait();
  if (!ready->bias_values.empty()) ready->bias = in_place(bias, ready->bias_values.data());
  bound.implementation = pd.impl_info_str();
  bound.scratch_bytes = ready->scratchpad.get_size();
  bound.compute = [ready, epilogue, residual, count = g.vectors * g.out](const Operands& o) {
    run(*ready, o);
    if (epilogue.residual >= 0 || epilogue.clips()) {
      finish_in_place(o.out_floats(), count, epilogue.residual >= 0 ? o.floats(residual) : nullptr,
                      epilogue.lo, epilogue.hi);
    }
  };
  return bound;
}

/// Two computed operands, stretched batches included.
Bound product(Binding& b) {
  b.need_inputs(2, 2);
  b.need_floats({0, 1});
  Shape x = b.shape(0), w = b.shape(1);
  b.need(!x.empty() && !w.empty(), "multiplies a scalar");
  const bool row = x.size() == 1, column = w.size() == 1;
  if (row) x.insert(x.begin(), 1);
  if (column) w.push_back(1);
  const std::size_t rank = std::max(x.size(), w.size());
  b.need(rank <= 6, "has more than 6 dimensions");
  x.insert(x.begin(), rank - x.size(), 1);
  w.insert(w.begin(), rank - w.size(), 1);
  Shape y(rank);
  bool fits = x[rank - 1] == w[rank - 2];
  for (std::size_t d = 0; d + 2 < rank; ++d) {
    fits = fits && (x[d] == w[d] || x[d] == 1 || w[d] == 1);
    y[d] = x[d] == 1 ? w[d] : x[d];
  }
  b.need(fits, fmt::format("multiplies {} by {}", text(b.shape(0)), text(b.shape(1))));
  y[rank - 2] = x[rank - 2];
  y[rank - 1] = w[rank - 1];
  Shape shape = y;
  if (column) shape.pop_back();
  if (row) shape.erase(shape.end() - (column ? 1 : 2));
  if (shape.size() > std::max(b.rank(0), b.rank(1)))
    shape.erase(shape.begin(), shape.end() - std::max(b.rank(0), b.rank(1)));
  Bound bound;
  bound.outputs = {{b.type(0).type, shape}};
  if (b.only_shapes) return bound;
  const std::size_t count = element_count(y);
  if (count == 0 || x[rank - 1] == 0) {
    bound.compute = [count](const Operands& o) { std::fill_n(o.out_floats(), count, 0.0f); };
    return bound;
  }
  auto ready = std::make_shared<Ready>();
  ready->source = Md(x, f32, row_major_strides(x));
  ready->weights_md = Md(w, f32, row_major_strides(w));
  ready->target = Md(y, f32, row_major_strides(y));
  const auto pd = finish(*ready, ready->weights_md, Md());
  bound.implementation = pd.impl_info_str();
  bound.scratch_bytes = ready->scratchpad.get_size();
  bound.compute = [ready](const Operands& o) { run(*ready, o); };
  return bound;
}

Bound matmul(Binding& b) {
  b.need_inputs(2, 3);
  return is_weight_layer(b.graph, b.node) ? dense(b) : product(b);
}

Bound gemm(Binding& b) {
  b.need_inputs(2, 3);
  b.need_floats({0, 1, 2});
  if (is_weight_layer(b.graph, b.node)) return dense(b);
  b.need(b.rank(0) == 2 && b.rank(1) == 2, "its operands must be matrices");
  const bool ta = b.integer("transA", 0) != 0, tb = b.integer("transB", 0) != 0;
  const Shape& x = b.shape(0);
  const Shape& w = b.shape(1);
  const std::int64_t m = x[ta ? 1 : 0], k = x[ta ? 0 : 1], n = w[tb ? 0 : 1];
  b.need(k == w[tb ? 1 : 0], fmt::format("multiplies {} by {}", text(x), text(w)));
  const float alpha = b.number("alpha", 1), beta = b.number("beta", 1);
  std::int64_t row_step = 0, column_step = 0;
  if (b.has(2)) {
    const Shape c = b.rank(2) == 2 ? b.shape(2) : (b.rank(2) == 1 ? Shape{1, b.shape(2)[0]} : Shape{1, 1});
    b.need(b.rank(2) <= 2 && (c[0] == 1 || c[0] == m) && (c[1] == 1 || c[1] == n),
           "its third operand doesn't fit the product");
    row_step = c[0] == 1 ? 0 : c[1];
    column_step = c[1] == 1 ? 0 : 1;
  }
  Bound bound;
  bound.outputs = {{b.type(0).type, {m, n}}};
  (void)bound.outputs[0].elements();
  if (b.only_shapes) return bound;
  auto ready = std::make_shared<Ready>();
  if (m > 0 && n > 0 && k > 0) {
    ready->source = Md({m, k}, f32, ta ? dnnl::memory::dims{1, m} : dnnl::memory::dims{k, 1});
    ready->weights_md = Md({k, n}, f32, tb ? dnnl::memory::dims{1, k} : dnnl::memory::dims{n, 1});
    ready->target = Md({m, n}, f32, dnnl::memory::dims{n, 1});
    bound.implementation = finish(*ready, ready->weights_md, Md()).impl_info_str();
    bound.scratch_bytes = ready->scratchpad.get_size();
  }
  bound.compute = [=, adds = b.has(2)](const Operands& o) {
    if (k > 0 && m > 0 && n > 0)
      run(*ready, o);
    else
      std::fill_n(o.out_floats(), m * n, 0.0f);
    for (std::int64_t i = 0; i < m; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        float& y = o.out_floats()[i * n + j];
        y = alpha * y + (adds ? beta * o.floats(2)[i * row_step + j * column_step] : 0.0f);
      }
    }
  };
  return bound;
}

const OperatorEntry entries[] = {{"Gemm", {gemm, false}}, {"MatMul", {matmul, false}}};

}  // namespace

std::span<const OperatorEntry> matrix_operators() { return entries; }

}  // namespace mho::network
