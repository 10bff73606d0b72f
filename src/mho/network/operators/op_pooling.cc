// MaxPool and AveragePool, channels last: by oneDNN, or plainly where it knows no such pool.

#include <algorithm>
#include <limits>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>

#include "mho/network/operators/convolution.h"
#include "mho/network/operators/onednn.h"
#include "mho/network/operators/operator.h"

namespace mho::network {
namespace {

enum class Kind { max, average, average_with_padding };

/// Taps of a window that lie in the picture, [first, last), and those before the end of its padding.
struct Taps {
  std::int64_t first = 0, last = 0, padded = 0;
};
Taps taps(const Window& w, std::int64_t out) {
  const std::int64_t start = out * w.stride - w.before;  // of the window, in the picture
  const auto before = [&](std::int64_t limit) {          // taps with a position < limit
    const std::int64_t room = limit - start;
    return std::clamp<std::int64_t>(room <= 0 ? 0 : (room + w.dilation - 1) / w.dilation, 0, w.kernel);
  };
  return {before(0), before(w.in), before(w.in + w.after)};
}

/// Any pool: every channel of a pixel at a time.
void plain_pool(const WindowGeometry& g, Kind kind, const float* x, float* y) {
  const auto c = static_cast<std::size_t>(g.channels);
  for (std::int64_t n = 0; n < g.batch; ++n, x += g.y.in * g.x.in * g.channels) {
    for (std::int64_t oy = 0; oy < g.y.out; ++oy) {
      const Taps ty = taps(g.y, oy);
      for (std::int64_t ox = 0; ox < g.x.out; ++ox, y += c) {
        const Taps tx = taps(g.x, ox);
        std::fill_n(y, c, kind == Kind::max ? std::numeric_limits<float>::lowest() : 0.0f);
        for (std::int64_t ky = ty.first; ky < ty.last; ++ky) {
          for (std::int64_t kx = tx.first; kx < tx.last; ++kx) {
            const std::int64_t iy = oy * g.y.stride - g.y.before + ky * g.y.dilation;
            const std::int64_t ix = ox * g.x.stride - g.x.before + kx * g.x.dilation;
            const float* from = x + (iy * g.x.in + ix) * g.channels;
            if (kind == Kind::max) {
              for (std::size_t k = 0; k < c; ++k) y[k] = std::max(y[k], from[k]);
            } else {
              for (std::size_t k = 0; k < c; ++k) y[k] += from[k];
            }
          }
        }
        if (kind == Kind::max) continue;
        const std::int64_t count =
            kind == Kind::average ? (ty.last - ty.first) * (tx.last - tx.first) : ty.padded * tx.padded;
        const float factor = count > 0 ? 1.0f / static_cast<float>(count) : 0.0f;
        for (std::size_t k = 0; k < c; ++k) y[k] *= factor;
      }
    }
  }
}

struct Ready {
  dnnl::primitive primitive;
  dnnl::memory::desc source, target, scratchpad;
};

/// Null where oneDNN can't, or only slowly.
std::shared_ptr<Ready> by_onednn(const WindowGeometry& g, Kind kind, std::string& implementation) {
  using Md = dnnl::memory::desc;
  if (g.y.dilation != 1 || g.x.dilation != 1) return nullptr;
  const auto right = [](const Window& w) { return (w.out - 1) * w.stride + w.extent() - w.in - w.before; };
  const std::int64_t after_y = right(g.y), after_x = right(g.x);
  const bool beyond = after_y > g.y.after || after_x > g.x.after;  // ceil_mode
  if (beyond && kind == Kind::average_with_padding) return nullptr;
  auto ready = std::make_shared<Ready>();
  constexpr auto f32 = dnnl::memory::data_type::f32;
  ready->source = Md({g.batch, g.channels, g.y.in, g.x.in}, f32, dnnl::memory::format_tag::nhwc);
  ready->target = Md({g.batch, g.channels, g.y.out, g.x.out}, f32, dnnl::memory::format_tag::nhwc);
  const auto algorithm = kind == Kind::max       ? dnnl::algorithm::pooling_max
                         : kind == Kind::average ? dnnl::algorithm::pooling_avg_exclude_padding
                                                 : dnnl::algorithm::pooling_avg_include_padding;
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  try {
    const dnnl::pooling_forward::desc desc(
        dnnl::prop_kind::forward_inference, algorithm, ready->source, ready->target, {g.y.stride, g.x.stride},
        {g.y.kernel, g.x.kernel}, {g.y.before, g.x.before},
        {std::max<std::int64_t>(after_y, 0), std::max<std::int64_t>(after_x, 0)});
    const dnnl::pooling_forward::primitive_desc pd(desc, attr, cpu_engine(), true);
    if (!pd || is_slow_implementation(pd.impl_info_str())) return nullptr;
    ready->primitive = dnnl::pooling_forward(pd);
    ready->scratchpad = pd.scratchpad_desc();
    implementation = pd.impl_info_str();
  } catch (const dnnl::error&) {
    return nullptr;
  }
  return ready;
}

Bound pool(Binding& b, bool maximum) {
  b.need_inputs(1, 1);
  b.need_floats({0});
  b.need(b.node.outputs.size() < 2 || b.node.outputs[1] < 0, "its indices are not supported");
  b.need(b.has_attribute("kernel_shape"), "attribute 'kernel_shape' is missing");
  const WindowGeometry g = window_geometry(b, std::nullopt);
  const Kind kind =
      maximum ? Kind::max
              : (b.integer("count_include_pad", 0) != 0 ? Kind::average_with_padding : Kind::average);
  b.want(0, Layout::channels_last);
  Bound bound;
  bound.outputs = {{b.type(0).type, g.shape(g.channels)}};
  bound.layout = Layout::channels_last;
  if (b.only_shapes) return bound;
  const auto ready = bound.outputs[0].elements() == 0 ? nullptr : by_onednn(g, kind, bound.implementation);
  if (ready == nullptr) {
    bound.implementation = "plain";
    bound.compute = [g, kind](const Operands& o) { plain_pool(g, kind, o.floats(0), o.out_floats()); };
    return bound;
  }
  bound.scratch_bytes = ready->scratchpad.get_size();
  bound.compute = [ready](const Operands& o) {
    const auto memory = [](const dnnl::memory::desc& md, const void* at) {
      return dnnl::memory(md, cpu_engine(), const_cast<void*>(at));
    };
    dnnl::stream stream(cpu_engine());
    ready->primitive.execute(stream, {{DNNL_ARG_SRC, memory(ready->source, o.in[0])},
                                      {DNNL_ARG_DST, memory(ready->target, o.out[0])},
                                      {DNNL_ARG_SCRATCHPAD, memory(ready->scratchpad, o.scratch)}});
  };
  return bound;
}
Bound max_pool(Binding& b) { return pool(b, true); }
Bound average_pool(Binding& b) { return pool(b, false); }

const OperatorEntry entries[] = {{"AveragePool", {average_pool, true}}, {"MaxPool", {max_pool, true}}};

}  // namespace

std::span<const OperatorEntry> pooling_operators() { return entries; }

}  // namespace mho::network
