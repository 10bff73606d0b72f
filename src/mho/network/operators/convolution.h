#pragma once
// The geometry of convolutions and pools: kernel, strides, dilations, padding, and the sizes they lead to.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "mho/network/operators/operator.h"

namespace mho::network {

/// One spatial dimension.
struct Window {
  std::int64_t in = 1, out = 1;
  std::int64_t kernel = 1, stride = 1, dilation = 1;
  std::int64_t before = 0, after = 0;  ///< padding, as given or as auto_pad asks

  std::int64_t extent() const { return (kernel - 1) * dilation + 1; }
};

/// Of a Conv or pool over one or two spatial dimensions; one dimension is a picture one high.
struct WindowGeometry {
  std::int64_t batch = 0, channels = 0;
  std::size_t spatial = 2;  ///< dimensions in the file, 1 or 2
  Window y, x;

  std::int64_t pixels_out() const { return y.out * x.out; }
  /// Shape of the result with so many channels.
  Shape shape(std::int64_t result_channels) const;
};

struct ConvolutionGeometry : WindowGeometry {
  std::int64_t out_channels = 0, groups = 1;

  std::int64_t group_channels() const { return channels / groups; }
  std::int64_t group_outputs() const { return out_channels / groups; }
  /// Rows of the matrix of one group: (channel, kernel row, kernel column), as the weights lie.
  std::int64_t rows() const { return group_channels() * y.kernel * x.kernel; }
};

/// `kernel`: from the weights where there are some, else from the attribute. Fails where the node's
/// attributes contradict each other or more than two dimensions are asked for.
WindowGeometry window_geometry(const Binding& b, const std::optional<Shape>& kernel);
ConvolutionGeometry convolution_geometry(const Binding& b);

}  // namespace mho::network
