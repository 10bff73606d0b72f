// Conv by oneDNN, channels last.

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "mho/network/operators/convolution.h"
#include "mho/network/operators/epilogue.h"
#include "mho/network/operators/onednn.h"
#include "mho/network/operators/operator.h"

namespace mho::network {
namespace {

using Md = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
constexpr auto f32 = dnnl::memory::data_type::f32;

/// A convolution ready to run: shared by all threads.
struct Ready {
  dnnl::primitive primitive;
  Md source, target, scratchpad;
  dnnl::memory weights, bias;
  bool has_bias = false, adds = false;
  /// What oneDNN could not fuse; empty where it did.
  Epilogue rest;
  std::size_t channels = 0;
};

dnnl::memory in_place(const Md& md, const void* at) {
  return {md, cpu_engine(), const_cast<void*>(at)};  // oneDNN has no memory that is only read
}

void run(const Ready& r, const Operands& o, std::size_t residual) {
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, in_place(r.source, o.in[0])},
      {DNNL_ARG_WEIGHTS, r.weights},
      {DNNL_ARG_DST, in_place(r.target, o.out[0])},
      {DNNL_ARG_SCRATCHPAD, in_place(r.scratchpad, o.scratch)}};
  if (r.has_bias) arguments.emplace(DNNL_ARG_BIAS, r.bias);
  if (r.adds) {
    arguments.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, in_place(r.target, o.in[residual]));
  }
  dnnl::stream stream(cpu_engine());
  r.primitive.execute(stream, arguments);
  if (r.rest.residual >= 0 || r.rest.clips()) {
    finish_in_place(o.out_floats(), r.target.get_size() / sizeof(float),
                    r.rest.residual >= 0 ? o.floats(residual) : nullptr, r.rest.lo, r.rest.hi);
  }
}

dnnl::primitive_attr attributes(const Epilogue& epilogue, const Md& target) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops ops;
  if (epilogue.residual >= 0) ops.append_binary(dnnl::algorithm::binary_add, target);
  const bool open = epilogue.hi == std::numeric_limits<float>::infinity();
  if (epilogue.clips() && epilogue.lo == 0 && open) {
    ops.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
  } else if (epilogue.clips()) {
    ops.append_eltwise(1, dnnl::algorithm::eltwise_clip,
                       std::max(epilogue.lo, std::numeric_limits<float>::lowest()),
                       std::min(epilogue.hi, std::numeric_limits<float>::max()));
  }
  attr.set_post_ops(ops);
  return attr;
}

dnnl::memory packed(const Md& from, const void* data, const Md& to) {
  dnnl::memory result(to, cpu_engine());
  const dnnl::memory source = in_place(from, data);
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(source, result).execute(stream, const_cast<dnnl::memory&>(source), result);
  stream.wait();
  return result;
}

Bound convolution(Binding& b) {
  const ConvolutionGeometry g = convolution_geometry(b);
  b.need(b.constant(1) != nullptr, "weights must be a constant");
  const bool has_bias = b.inputs() > 2 && b.has(2);  // else operand 2 may be the residual
  b.need(!has_bias || b.constant(2) != nullptr, "bias must be a constant");
  b.want(0, Layout::channels_last);
  const std::size_t residual = b.inputs();
  const Epilogue& epilogue = b.node.epilogue;
  Bound bound;
  bound.outputs = {{DataType::f32, g.shape(g.out_channels)}};
  bound.layout = Layout::channels_last;
  if (epilogue.residual >= 0) {
    b.want(residual, Layout::channels_last);
    b.need(b.shape(residual) == bound.outputs[0].shape, "what is added has another shape");
  }
  if (b.only_shapes) return bound;
  if (bound.outputs[0].elements() == 0) {
    bound.compute = [](const Operands&) {};
    return bound;
  }

  auto ready = std::make_shared<Ready>();
  ready->source = Md({g.batch, g.channels, g.y.in, g.x.in}, f32, Tag::nhwc);
  ready->target = Md({g.batch, g.out_channels, g.y.out, g.x.out}, f32, Tag::nhwc);
  ready->has_bias = has_bias;
  ready->channels = static_cast<std::size_t>(g.out_channels);
  const dnnl::memory::dims weight_dims =
      g.groups == 1
          ? dnnl::memory::dims{g.out_channels, g.channels, g.y.kernel, g.x.kernel}
          : dnnl::memory::dims{g.groups, g.group_outputs(), g.group_channels(), g.y.kernel, g.x.kernel};
  const Md any_weights(weight_dims, f32, Tag::any);
  const Md bias_md({g.out_channels}, f32, Tag::a);
  const dnnl::memory::dims strides{g.y.stride, g.x.stride}, dilations{g.y.dilation - 1, g.x.dilation - 1};
  const dnnl::memory::dims before{g.y.before, g.x.before}, after{g.y.after, g.x.after};
  const auto desc = [&] {
    constexpr auto inference = dnnl::prop_kind::forward_inference;
    constexpr auto direct = dnnl::algorithm::convolution_direct;
    if (has_bias) {
      return dnnl::convolution_forward::desc(inference, direct, ready->source, any_weights, bias_md,
                                             ready->target, strides, dilations, before, after);
    }
    return dnnl::convolution_forward::desc(inference, direct, ready->source, any_weights, ready->target,
                                           strides, dilations, before, after);
  }();
  auto pd = dnnl::convolution_forward::primitive_desc(desc, attributes(epilogue, ready->target), cpu_engine(),
                                                      true);
  ready->adds = epilogue.residual >= 0;
  const auto computes_wrong =
      [&] {  // oneDNN 2.6 adds the residual of grouped convolutions in the wrong places
        return ready->adds && g.groups > 1 &&
               std::string(pd.impl_info_str()).find("gemm") != std::string::npos;
      };
  if (!pd || is_slow_implementation(pd.impl_info_str()) || computes_wrong()) {
    pd = dnnl::convolution_forward::primitive_desc(desc, attributes({}, ready->target), cpu_engine());
    ready->rest = epilogue;
    ready->adds = false;
  }
  ready->primitive = dnnl::convolution_forward(pd);
  ready->scratchpad = pd.scratchpad_desc();
  const Md plain_weights(weight_dims, f32, g.groups == 1 ? Tag::abcd : Tag::abcde);
  ready->weights = packed(plain_weights, b.constant(1)->data(), pd.weights_desc());
  if (has_bias) ready->bias = packed(bias_md, b.constant(2)->data(), bias_md);
  bound.scratch_bytes = ready->scratchpad.get_size();
  bound.implementation = pd.impl_info_str();
  bound.compute = [ready, residual](const Operands& o) { run(*ready, o, residual); };
  return bound;
}

const OperatorEntry entries[] = {{"Conv", {convolution, true}}};

}  // namespace

std::span<const OperatorEntry> convolution_operators() { return entries; }

}  // namespace mho::network
