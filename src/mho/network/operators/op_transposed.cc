// ConvTranspose after lowering (transposed.h): adds the windows that its input's pixels give.

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "mho/network/graph/transposed.h"
#include "mho/network/operators/operator.h"

namespace mho::network {
namespace {

/// One spatial dimension: input pixel i and kernel position k add to output i·stride + k·dilation - before.
struct Axis {
  std::int64_t in = 1, out = 1, kernel = 1, stride = 1, dilation = 1, before = 0;
};

struct Windows {
  std::int64_t images = 0, groups = 1, group_outputs = 0;
  Axis y, x;
  std::vector<float> bias;  ///< of all channels

  std::int64_t channels() const { return groups * group_outputs; }
  void add(const float* windows, float* out) const;
};

/// Channels last, both: windows (pixels, groups, kernel positions, outputs of a group).
void Windows::add(const float* windows, float* out) const {
  for (std::int64_t n = 0; n < images; ++n, out += y.out * x.out * channels()) {
    for (std::int64_t p = 0; p < y.out * x.out; ++p)
      std::copy(bias.begin(), bias.end(), out + p * channels());
    for (std::int64_t iy = 0; iy < y.in; ++iy) {
      for (std::int64_t ix = 0; ix < x.in; ++ix) {
        for (std::int64_t g = 0; g < groups; ++g) {
          for (std::int64_t ky = 0; ky < y.kernel; ++ky) {
            const std::int64_t oy = iy * y.stride + ky * y.dilation - y.before;
            for (std::int64_t kx = 0; kx < x.kernel; ++kx, windows += group_outputs) {
              const std::int64_t ox = ix * x.stride + kx * x.dilation - x.before;
              if (oy < 0 || oy >= y.out || ox < 0 || ox >= x.out) continue;
              float* to = out + (oy * x.out + ox) * channels() + g * group_outputs;
              for (std::int64_t c = 0; c < group_outputs; ++c) to[c] += windows[c];
            }
          }
        }
      }
    }
  }
}

/// Sizes from the inverse of a convolution's (https://onnx.ai/onnx/operators/onnx__ConvTranspose.html). An
/// output_shape sets the padding: beyond what the windows reach, and only as far as no further input pixel
/// would fit, the output holds the bias alone, as in ONNX Runtime.
Axis axis_of(const Binding& b, std::size_t d, std::size_t n, std::int64_t in, std::int64_t kernel) {
  const auto strides = b.integers("strides", Shape(n, 1)), dilations = b.integers("dilations", Shape(n, 1));
  const auto extra = b.integers("output_padding", Shape(n, 0)), pads = b.integers("pads", Shape(2 * n, 0));
  const auto wanted = b.integers("output_shape", {});
  const std::string automatic = b.word("auto_pad", "NOTSET");
  b.need(strides.size() == n && dilations.size() == n && extra.size() == n && pads.size() == 2 * n &&
             (wanted.empty() || wanted.size() == n),
         "strides, dilations or pads don't fit the dimensions");
  constexpr std::int64_t limit = 1 << 24;
  b.need(in > 0 && in < limit && strides[d] > 0 && strides[d] < limit && dilations[d] > 0 &&
             dilations[d] < limit && kernel > 0 && kernel < limit && std::abs(pads[d]) < limit &&
             std::abs(pads[d + n]) < limit && extra[d] >= 0 && extra[d] < limit &&
             (wanted.empty() || (wanted[d] > -limit && wanted[d] < limit)),
         "a size, stride, dilation or padding is out of bounds");
  b.need(extra[d] < std::max(strides[d], dilations[d]),
         fmt::format("output_padding = {} must be less than the larger of stride {} and dilation {}",
                     extra[d], strides[d], dilations[d]));
  const std::int64_t reached = (in - 1) * strides[d] + (kernel - 1) * dilations[d] + 1;
  const std::int64_t full = reached + extra[d];
  std::int64_t before = pads[d], out = full - before - pads[d + n];
  if (!wanted.empty() || automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    const std::int64_t size = wanted.empty() ? in * strides[d] : wanted[d];
    const std::int64_t total = std::max<std::int64_t>(0, full - size);
    before = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    out = wanted.empty() ? full - total : size;
    b.need(
        wanted.empty() || (size > 0 && std::max(size, full) - reached < strides[d]),
        fmt::format("output_shape = {}: must be at least 1 and at most {}, which {} pixels reach with kernel "
                    "{}, stride {} and dilation {}",
                    size, reached + strides[d] - 1, in, kernel, strides[d], dilations[d]));
  }
  b.need(out > 0 && out < limit, "the output is empty or too large");
  return {in, out, kernel, strides[d], dilations[d], before};
}

Bound add_windows(Binding& b) {
  b.need(!b.has(1) && b.has_attribute("kernel_shape"), "its weights are not known yet");
  b.need_floats({0, 2});
  const Shape& s = b.shape(0);
  const auto kernel = b.integers("kernel_shape", {});
  b.need((s.size() == 3 || s.size() == 4) && kernel.size() + 2 == s.size(),
         fmt::format("weights of {} spatial dimensions for an input of shape {}", kernel.size(), text(s)));
  const std::size_t n = kernel.size();
  auto w = std::make_shared<Windows>();
  w->images = s[0];
  w->groups = b.integer("group", 1);
  std::int64_t positions = 1;
  for (const auto k : kernel) positions *= k;
  w->group_outputs = s[1] / (w->groups * positions);
  w->x = axis_of(b, n - 1, n, s[n + 1], kernel[n - 1]);
  if (n == 2) w->y = axis_of(b, 0, n, s[2], kernel[0]);
  Shape shape{s[0], w->channels()};
  if (n == 2) shape.push_back(w->y.out);
  shape.push_back(w->x.out);
  b.want(0, Layout::channels_last);
  Bound bound;
  bound.outputs = {{DataType::f32, shape}};
  bound.layout = Layout::channels_last;
  if (b.only_shapes) return bound;
  w->bias = b.has(2) ? b.constant_floats(2, "bias") : std::vector<float>(w->channels(), 0.0f);
  bound.implementation = "windows";
  bound.compute = [w](const Operands& o) { w->add(o.floats(0), o.out_floats()); };
  return bound;
}

const OperatorEntry entries[] = {{"ConvTranspose", {add_windows, true}}};

}  // namespace

std::span<const OperatorEntry> transposed_operators() { return entries; }

}  // namespace mho::network
