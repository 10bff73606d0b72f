#pragma once
// Copies of parts of tensors: what Transpose, Slice, Concat, Pad, Expand and changes of layout have in
// common.

#include <cstddef>
#include <cstdint>

#include "mho/network/onnx/tensor.h"
#include "mho/network/operators/operator.h"

namespace mho::network {

/// Distance in memory from one index to the next along each dimension (in ONNX's order of dimensions).
Shape strides_of(const Shape& shape, Layout layout);

/// Copies `dims` elements, from input_offset + Σ index·input_stride to output_offset + Σ index·output_stride.
struct StridedCopy {
  Shape dims, input_strides, output_strides;
  std::int64_t input_offset = 0;
  std::int64_t output_offset = 0;

  /// Orders the dimensions by where they are written, and joins those that are one in memory on both sides.
  void simplify();
  /// `element_bytes`: 4 or 8.
  void run(const void* input, void* output, std::size_t element_bytes) const;
};

/// True where both layouts put the numbers of a tensor of this shape in the same order.
bool same_order(const Shape& shape, Layout a, Layout b);

/// Numbers of `input` in another layout.
StridedCopy change_of_layout(const Shape& shape, Layout from, Layout to);

}  // namespace mho::network
