#include "mho/network/operators/strided_copy.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

namespace mho::network {

Shape strides_of(const Shape& shape, Layout layout) {
  const auto order = memory_order(shape.size(), layout);
  Shape strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = stride;
    stride *= std::max<std::int64_t>(shape[order[i]], 1);
  }
  return strides;
}

bool same_order(const Shape& shape, Layout a, Layout b) {
  if (a == b || shape.size() < 3) return true;
  const std::int64_t spatial =
      std::accumulate(shape.begin() + 2, shape.end(), std::int64_t{1}, std::multiplies<>());
  return shape[1] == 1 || spatial == 1;
}

StridedCopy change_of_layout(const Shape& shape, Layout from, Layout to) {
  StridedCopy copy{shape, strides_of(shape, from), strides_of(shape, to), 0, 0};
  copy.simplify();
  return copy;
}

void StridedCopy::simplify() {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] != 1) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(output_strides[a]) > std::abs(output_strides[b]);
  });
  Shape d, in, out;
  for (const std::size_t i : order) {
    if (!d.empty() && in.back() == input_strides[i] * dims[i] && out.back() == output_strides[i] * dims[i]) {
      d.back() *= dims[i];
      in.back() = input_strides[i];
      out.back() = output_strides[i];
    } else {
      d.push_back(dims[i]);
      in.push_back(input_strides[i]);
      out.push_back(output_strides[i]);
    }
  }
  dims = std::move(d);
  input_strides = std::move(in);
  output_strides = std::move(out);
}

namespace {

template <typename T>
void copy_line(const T* in, std::int64_t in_stride, T* out, std::int64_t out_stride, std::int64_t n) {
  if (in_stride == 1 && out_stride == 1) {
    std::memcpy(out, in, n * sizeof(T));
  } else if (in_stride == 0 && out_stride == 1) {
    std::fill_n(out, n, *in);
  } else if (out_stride == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = in[i * in_stride];
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i * out_stride] = in[i * in_stride];
  }
}

template <typename T>
void run_typed(const StridedCopy& copy, const T* in, T* out) {
  const std::size_t rank = copy.dims.size();
  for (const auto d : copy.dims) {
    if (d == 0) return;
  }
  if (rank == 0) {
    *out = *in;
    return;
  }
  std::vector<std::int64_t> index(rank, 0);
  const std::size_t last = rank - 1;
  while (true) {
    copy_line(in, copy.input_strides[last], out, copy.output_strides[last], copy.dims[last]);
    std::size_t k = last;
    while (k > 0) {
      --k;
      in += copy.input_strides[k];
      out += copy.output_strides[k];
      if (++index[k] < copy.dims[k]) break;
      in -= copy.input_strides[k] * copy.dims[k];
      out -= copy.output_strides[k] * copy.dims[k];
      index[k] = 0;
      if (k == 0) return;
    }
    if (last == 0) return;
  }
}

}  // namespace

void StridedCopy::run(const void* input, void* output, std::size_t element_bytes) const {
  if (element_bytes == 4) {
    run_typed(*this, static_cast<const float*>(input) + input_offset,
              static_cast<float*>(output) + output_offset);
  } else {
    run_typed(*this, static_cast<const std::int64_t*>(input) + input_offset,
              static_cast<std::int64_t*>(output) + output_offset);
  }
}

}  // namespace mho::network
