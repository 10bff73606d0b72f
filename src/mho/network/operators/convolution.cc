#include "mho/network/operators/convolution.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mho/network/graph/transposed.h"

namespace mho::network {

Shape WindowGeometry::shape(std::int64_t result_channels) const {
  if (spatial == 1) return {batch, result_channels, x.out};
  return {batch, result_channels, y.out, x.out};
}

namespace {

void place(const Binding& b, Window& w, const std::string& automatic, bool ceil) {
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    const std::int64_t out = (w.in + w.stride - 1) / w.stride;
    const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * w.stride + w.extent() - w.in);
    w.before = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    w.after = total - w.before;
  } else if (automatic == "VALID") {
    w.before = w.after = 0;
  } else {
    b.need(automatic == "NOTSET" || automatic.empty(), "auto_pad '" + automatic + "' is not known");
  }
  const std::int64_t room = w.in + w.before + w.after - w.extent();
  b.need(room >= 0, fmt::format("a kernel of {} doesn't fit into {} with padding {}+{}", w.extent(), w.in,
                                w.before, w.after));
  w.out = room / w.stride + 1;
  if (ceil && room % w.stride != 0 && w.out * w.stride < w.in + w.before) ++w.out;
}

}  // namespace

WindowGeometry window_geometry(const Binding& b, const std::optional<Shape>& kernel) {
  const Shape& s = b.shape(0);
  b.need(
      s.size() == 3 || s.size() == 4,
      fmt::format("works on {} dimensions; a batch, channels and one or two more are supported", s.size()));
  WindowGeometry g;
  g.batch = s[0];
  g.channels = s[1];
  g.spatial = s.size() - 2;
  const std::size_t n = g.spatial;
  const auto kernel_shape = kernel ? *kernel : b.integers("kernel_shape", {});
  const auto strides = b.integers("strides", Shape(n, 1));
  const auto dilations = b.integers("dilations", Shape(n, 1));
  const auto pads = b.integers("pads", Shape(2 * n, 0));
  b.need(kernel_shape.size() == n && strides.size() == n && dilations.size() == n && pads.size() == 2 * n,
         fmt::format("kernel, strides, dilations or pads don't have {} dimensions", n));
  if (kernel && b.has_attribute("kernel_shape")) {
    b.need(b.integers("kernel_shape", {}) == *kernel, "attribute 'kernel_shape' contradicts the weights");
  }
  constexpr std::int64_t limit = 1 << 24;
  for (std::size_t d = 0; d < n; ++d) {
    Window& w = d + 1 == n ? g.x : g.y;
    w = {s[d + 2], 0, kernel_shape[d], strides[d], dilations[d], pads[d], pads[d + n]};
    b.need(w.in > 0 && w.in < limit, fmt::format("a spatial dimension is {}", w.in));
    b.need(w.kernel > 0 && w.kernel < limit && w.stride > 0 && w.stride < limit && w.dilation > 0 &&
               w.dilation < limit && w.before >= 0 && w.before < limit && w.after >= 0 && w.after < limit,
           "a kernel size, stride, dilation or padding is negative, zero or too large");
    b.need(w.extent() < limit, "the kernel is too large");
    place(b, w, b.word("auto_pad", "NOTSET"), b.integer("ceil_mode", 0) != 0);
  }
  return g;
}

ConvolutionGeometry convolution_geometry(const Binding& b) {
  b.need_inputs(2, 3);
  b.need_floats({0, 1, 2});
  const Shape& w = b.shape(1);
  const Shape given = b.integers(weights_of_transposed, w);
  b.need(w.size() == b.rank(0) && w.size() >= 3,
         fmt::format("weights of shape {} for an input of {}", text(given), text(b.shape(0))));
  ConvolutionGeometry g;
  static_cast<WindowGeometry&>(g) = window_geometry(b, Shape(w.begin() + 2, w.end()));
  g.groups = b.integer("group", 1);
  g.out_channels = w[0];
  b.need(g.groups > 0 && g.channels % g.groups == 0 && g.out_channels % g.groups == 0 &&
             w[1] == g.channels / g.groups,
         fmt::format("weights of shape {} in {} groups for {} channels", text(given), g.groups, g.channels));
  b.need(g.channels > 0 && g.out_channels > 0, "has no channels");
  b.need(b.inputs() < 3 || !b.has(2) || b.type(2).elements() == static_cast<std::size_t>(g.out_channels),
         "needs one bias an output channel");
  return g;
}

}  // namespace mho::network
