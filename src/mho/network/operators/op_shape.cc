// Operators that move numbers or name shapes: Reshape, Transpose, Concat, Slice, Pad, …

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "mho/network/operators/operator.h"
#include "mho/network/operators/strided_copy.h"

namespace mho::network {
namespace {

std::size_t bytes_of(const TensorType& type) { return is_floating(type.type) ? 4 : 8; }

/// The same numbers in ONNX's order under another shape.
Bound renamed(Binding& b, Shape shape) {
  b.want(0, Layout::plain);
  Bound bound;
  bound.outputs = {{b.type(0).type, std::move(shape)}};
  b.need(bound.outputs[0].elements() == b.type(0).elements(),
         fmt::format("makes {} from {}", text(bound.outputs[0].shape), text(b.shape(0))));
  bound.alias = true;
  return bound;
}

Bound identity(Binding& b) {
  b.need_inputs(1, 3);
  Bound bound;
  bound.outputs = {b.type(0)};
  bound.layout = b.layout(0);
  bound.alias = true;
  b.need(b.node.outputs.size() < 2 || b.node.outputs[1] < 0, "its mask is not supported");
  return bound;
}

Bound reshape(Binding& b) {
  b.need_inputs(2, 2);
  Shape shape = b.constant_integers(1, "shape");
  const bool zero_is_zero = b.integer("allowzero", 0) != 0;
  std::int64_t known = 1;
  std::size_t open = shape.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && !zero_is_zero) {
      b.need(i < b.rank(0), fmt::format("shape copies dimension {} of {}", i, text(b.shape(0))));
      shape[i] = b.shape(0)[i];
    }
    if (shape[i] == -1) {
      b.need(open == shape.size(), "shape holds -1 twice");
      open = i;
    } else {
      b.need(shape[i] >= 0, fmt::format("shape holds {}", shape[i]));
      known = static_cast<std::int64_t>(element_count({known, shape[i]}));
    }
  }
  if (open < shape.size()) {
    const auto count = static_cast<std::int64_t>(b.type(0).elements());
    b.need(known > 0 && count % known == 0, fmt::format("{} elements don't divide into {}", count, known));
    shape[open] = count / known;
  }
  return renamed(b, shape);
}

Bound flatten(Binding& b) {
  b.need_inputs(1, 1);
  const std::int64_t value = b.integer("axis", 1);
  const auto rank = static_cast<std::int64_t>(b.rank(0));
  b.need(value >= -rank && value <= rank, fmt::format("axis {} of a tensor with {} dimensions", value, rank));
  const auto axis = b.shape(0).begin() + (value < 0 ? value + rank : value);
  const auto product = [](auto from, auto to) {
    return static_cast<std::int64_t>(element_count(Shape(from, to)));
  };
  return renamed(b, {product(b.shape(0).begin(), axis), product(axis, b.shape(0).end())});
}

Bound squeeze(Binding& b) {
  b.need_inputs(1, 2);
  std::vector<bool> drop(b.rank(0), false);
  const auto axes = b.integers_either("axes", 1, {});
  for (const auto a : axes) {
    const std::size_t axis = b.axis(a, b.rank(0));
    b.need(b.shape(0)[axis] == 1, fmt::format("drops dimension {} of {}", axis, text(b.shape(0))));
    drop[axis] = true;
  }
  Shape shape;
  for (std::size_t i = 0; i < b.rank(0); ++i) {
    if (!drop[i] && !(axes.empty() && b.shape(0)[i] == 1)) shape.push_back(b.shape(0)[i]);
  }
  return renamed(b, shape);
}

Bound unsqueeze(Binding& b) {
  b.need_inputs(1, 2);
  const auto axes = b.integers_either("axes", 1, {});
  const std::size_t rank = b.rank(0) + axes.size();
  std::vector<bool> is_new(rank, false);
  for (const auto a : axes) is_new[b.axis(a, rank)] = true;
  b.need(std::count(is_new.begin(), is_new.end(), true) == static_cast<std::ptrdiff_t>(axes.size()),
         "axes repeat");
  Shape shape;
  auto next = b.shape(0).begin();
  for (std::size_t i = 0; i < rank; ++i) shape.push_back(is_new[i] ? 1 : *next++);
  return renamed(b, shape);
}

/// A constant that the shapes alone decide.
Bound known(DataType type, std::vector<std::int64_t> values, Shape shape) {
  Bound bound;
  bound.outputs = {{type, std::move(shape)}};
  bound.compute = [values = std::move(values)](const Operands& o) {
    std::copy(values.begin(), values.end(), o.out_integers());
  };
  return bound;
}

Bound shape_of(Binding& b) {
  b.need_inputs(1, 1);
  const auto rank = static_cast<std::int64_t>(b.rank(0));
  const auto limit = [&](std::int64_t v) { return std::clamp<std::int64_t>(v < 0 ? v + rank : v, 0, rank); };
  const std::int64_t start = limit(std::max(b.integer("start", 0), -rank));
  const std::int64_t end = std::max(start, limit(std::clamp(b.integer("end", rank), -rank, rank)));
  std::vector<std::int64_t> dims(b.shape(0).begin() + start, b.shape(0).begin() + end);
  const auto n = static_cast<std::int64_t>(dims.size());
  return known(DataType::i64, std::move(dims), {n});
}

Bound size_of(Binding& b) {
  b.need_inputs(1, 1);
  return known(DataType::i64, {static_cast<std::int64_t>(b.type(0).elements())}, {});
}

/// One copy, as most operators here are.
Bound one_copy(Binding& b, Shape shape, Layout layout, StridedCopy copy) {
  Bound bound;
  bound.outputs = {{b.type(0).type, std::move(shape)}};
  bound.layout = layout;
  (void)bound.outputs[0].elements();
  copy.simplify();
  bound.compute = [copy = std::move(copy), bytes = bytes_of(b.type(0))](const Operands& o) {
    copy.run(o.in[0], o.out[0], bytes);
  };
  return bound;
}

Bound transpose(Binding& b) {
  b.need_inputs(1, 1);
  const std::size_t rank = b.rank(0);
  std::vector<std::int64_t> reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  const auto perm = b.integers("perm", reversed);
  b.need(perm.size() == rank, fmt::format("perm has {} entries for {} dimensions", perm.size(), rank));
  const Shape in_strides = strides_of(b.shape(0), b.layout(0));
  Shape shape;
  StridedCopy copy;
  std::vector<bool> used(rank, false);
  for (const auto p : perm) {
    const std::size_t d = b.axis(p, rank);
    b.need(!used[d], "perm repeats a dimension");
    used[d] = true;
    shape.push_back(b.shape(0)[d]);
    copy.input_strides.push_back(in_strides[d]);
  }
  copy.dims = shape;
  copy.output_strides = strides_of(shape, Layout::plain);
  return one_copy(b, shape, Layout::plain, std::move(copy));
}

Bound expand(Binding& b) {
  b.need_inputs(2, 2);
  Shape shape = b.constant_integers(1, "shape");
  const Shape& from = b.shape(0);
  if (shape.size() < from.size()) shape.insert(shape.begin(), from.size() - shape.size(), 1);
  const std::size_t extra = shape.size() - from.size();
  const Shape strides = strides_of(from, Layout::plain);
  StridedCopy copy;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t there = i < extra ? 1 : from[i - extra];
    b.need(shape[i] == there || shape[i] == 1 || there == 1,
           fmt::format("makes {} from {}", text(shape), text(from)));
    if (shape[i] == 1) shape[i] = there;
    copy.input_strides.push_back(there == 1 ? 0 : strides[i - extra]);
  }
  copy.dims = shape;
  (void)element_count(shape);
  copy.output_strides = strides_of(shape, Layout::plain);
  return one_copy(b, shape, Layout::plain, std::move(copy));
}

Bound tile(Binding& b) {
  b.need_inputs(2, 2);
  const auto repeats = b.constant_integers(1, "repeats");
  b.need(repeats.size() == b.rank(0), "repeats don't fit the dimensions");
  const Shape strides = strides_of(b.shape(0), Layout::plain);
  Shape shape;
  StridedCopy copy;
  for (std::size_t i = 0; i < repeats.size(); ++i) {
    b.need(repeats[i] >= 0 && repeats[i] < (std::int64_t{1} << 40),
           "repeats a negative or too large number of times");
    shape.push_back(static_cast<std::int64_t>(element_count({repeats[i], b.shape(0)[i]})));
  }
  (void)element_count(shape);
  const Shape out = strides_of(shape, Layout::plain);
  for (std::size_t i = 0; i < repeats.size(); ++i) {
    copy.dims.insert(copy.dims.end(), {repeats[i], b.shape(0)[i]});
    copy.input_strides.insert(copy.input_strides.end(), {0, strides[i]});
    copy.output_strides.insert(copy.output_strides.end(), {out[i] * b.shape(0)[i], out[i]});
  }
  return one_copy(b, shape, Layout::plain, std::move(copy));
}

Bound concat(Binding& b) {
  b.need_inputs(1, 4096);
  b.need(b.has_attribute("axis"), "attribute 'axis' is missing");
  const std::size_t axis = b.axis(b.integer("axis", 0), b.rank(0));
  Shape shape = b.shape(0);
  shape[axis] = 0;
  Layout layout = Layout::plain;
  for (std::size_t i = 0; i < b.inputs(); ++i) {
    b.need(b.has(i), fmt::format("input {} is missing", i));
    b.need(is_floating(b.type(i).type) == is_floating(b.type(0).type),
           "mixes integers and floating-point numbers");
    bool fits = b.rank(i) == shape.size();
    for (std::size_t d = 0; fits && d < shape.size(); ++d) fits = d == axis || b.shape(i)[d] == shape[d];
    b.need(fits, fmt::format("shapes {} and {} don't go together", text(b.shape(0)), text(b.shape(i))));
    shape[axis] += b.shape(i)[axis];
    (void)element_count(shape);
    if (b.constant(i) == nullptr && b.layout(i) == Layout::channels_last) layout = Layout::channels_last;
  }
  const Shape out = strides_of(shape, layout);
  std::vector<StridedCopy> copies;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < b.inputs(); ++i) {
    copies.push_back({b.shape(i), strides_of(b.shape(i), b.layout(i)), out, 0, at * out[axis]});
    copies.back().simplify();
    at += b.shape(i)[axis];
  }
  Bound bound;
  bound.outputs = {{b.type(0).type, shape}};
  bound.layout = layout;
  bound.compute = [copies = std::move(copies), bytes = bytes_of(b.type(0))](const Operands& o) {
    for (std::size_t i = 0; i < copies.size(); ++i) copies[i].run(o.in[i], o.out[0], bytes);
  };
  return bound;
}

Bound split(Binding& b) {
  b.need_inputs(1, 2);
  const std::size_t axis = b.axis(b.integer("axis", 0), b.rank(0));
  const std::size_t parts = b.node.outputs.size();
  b.need(parts > 0, "has no outputs");
  const std::int64_t whole = b.shape(0)[axis];
  auto sizes = b.integers_either("split", 1, {});
  if (sizes.empty()) {
    const auto n = static_cast<std::int64_t>(parts);
    const std::int64_t each = (whole + n - 1) / n;
    for (std::int64_t i = 0; i < n; ++i) sizes.push_back(std::clamp<std::int64_t>(whole - i * each, 0, each));
  }
  b.need(sizes.size() == parts, fmt::format("split names {} parts for {} outputs", sizes.size(), parts));
  const Shape strides = strides_of(b.shape(0), b.layout(0));
  Bound bound;
  bound.layout = b.layout(0);
  std::vector<StridedCopy> copies;
  std::int64_t at = 0;
  for (const auto n : sizes) {
    b.need(n >= 0 && n <= whole - at, "split doesn't fit the dimension");
    Shape shape = b.shape(0);
    shape[axis] = n;
    copies.push_back({shape, strides, strides_of(shape, b.layout(0)), at * strides[axis], 0});
    copies.back().simplify();
    bound.outputs.push_back({b.type(0).type, shape});
    at += n;
  }
  b.need(at == whole, "split doesn't cover the dimension");
  bound.compute = [copies = std::move(copies), bytes = bytes_of(b.type(0))](const Operands& o) {
    for (std::size_t i = 0; i < copies.size(); ++i) {
      if (o.out[i] != nullptr) copies[i].run(o.in[0], o.out[i], bytes);
    }
  };
  return bound;
}

Bound slice(Binding& b) {
  b.need_inputs(1, 5);
  const auto starts = b.integers_either("starts", 1, {});
  const auto ends = b.integers_either("ends", 2, {});
  std::vector<std::int64_t> all(starts.size());
  std::iota(all.begin(), all.end(), 0);
  const auto axes = b.integers_either("axes", 3, all);
  const auto steps = b.integers_either("steps", 4, std::vector<std::int64_t>(starts.size(), 1));
  b.need(ends.size() == starts.size() && axes.size() == starts.size() && steps.size() == starts.size(),
         "starts, ends, axes and steps differ in length");
  const Shape strides = strides_of(b.shape(0), b.layout(0));
  StridedCopy copy;
  copy.input_strides = strides;
  Shape shape = b.shape(0);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = b.axis(axes[i], b.rank(0));
    const std::int64_t n = b.shape(0)[axis];
    const std::int64_t step = steps[i];
    b.need(step != 0 && std::abs(step) < (std::int64_t{1} << 40), "a step is 0 or too large");
    const auto place = [&](std::int64_t v, std::int64_t lo, std::int64_t hi) {
      return std::clamp(v < 0 ? v + n : v, lo, hi);
    };
    const std::int64_t from = step > 0 ? place(starts[i], 0, n) : place(starts[i], 0, n - 1);
    const std::int64_t to = step > 0 ? place(ends[i], 0, n) : place(std::max(ends[i], -n - 1), -1, n - 1);
    const std::int64_t distance = step > 0 ? to - from : from - to;
    shape[axis] = n == 0 || distance <= 0 ? 0 : (distance + std::abs(step) - 1) / std::abs(step);
    copy.input_offset += std::max<std::int64_t>(from, 0) * strides[axis];
    copy.input_strides[axis] = strides[axis] * step;
  }
  copy.dims = shape;
  copy.output_strides = strides_of(shape, b.layout(0));
  return one_copy(b, shape, b.layout(0), std::move(copy));
}

/// Index that each position along one dimension reads, or -1 for the constant.
std::vector<std::int64_t> padded_indices(const Binding& b, const std::string& mode, std::int64_t n,
                                         std::int64_t before, std::int64_t after) {
  const std::int64_t total = before + n + after;
  b.need(total >= 0, "pads cut off more than there is");
  (void)element_count({total});
  b.need(total < (std::int64_t{1} << 22), "pads too much");
  b.need(mode != "reflect" || (before < n && after < n), "reflects more than there is");
  b.need(n > 0 || mode == "constant", "repeats an empty tensor");
  std::vector<std::int64_t> index(total);
  for (std::int64_t i = 0; i < total; ++i) {
    std::int64_t at = i - before;
    if (mode == "edge")
      at = std::clamp<std::int64_t>(at, 0, n - 1);
    else if (mode == "reflect")
      at = at < 0 ? -at : (at >= n ? 2 * (n - 1) - at : at);
    else if (mode == "wrap")
      at = ((at % n) + n) % n;
    index[i] = at >= 0 && at < n ? at : -1;
  }
  return index;
}

template <typename T>
void pad_numbers(const T* in, T* out, T fill, const std::vector<std::vector<std::int64_t>>& index,
                 const Shape& in_strides) {
  const std::size_t rank = index.size();
  if (rank == 0) {
    *out = *in;
    return;
  }
  for (const auto& line : index) {
    if (line.empty()) return;
  }
  std::vector<std::size_t> at(rank, 0);
  while (true) {
    std::int64_t offset = 0;
    bool inside = true;
    for (std::size_t d = 0; d + 1 < rank; ++d) {
      inside = inside && index[d][at[d]] >= 0;
      offset += index[d][at[d]] * in_strides[d];
    }
    for (const std::int64_t i : index[rank - 1])
      *out++ = inside && i >= 0 ? in[offset + i * in_strides[rank - 1]] : fill;
    std::size_t k = rank - 1;
    while (true) {
      if (k == 0) return;
      --k;
      if (++at[k] < index[k].size()) break;
      at[k] = 0;
    }
  }
}

Bound pad(Binding& b) {
  b.need_inputs(1, 4);
  const std::string mode = b.word("mode", "constant");
  b.need(mode == "constant" || mode == "edge" || mode == "reflect" || mode == "wrap",
         "mode '" + mode + "' is not known");
  const auto pads = b.integers_either("pads", 1, {});
  const std::size_t rank = b.rank(0);
  std::vector<std::int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  if (b.has(3)) axes = b.constant_integers(3, "axes");
  b.need(pads.size() == 2 * axes.size(), fmt::format("{} pads for {} dimensions", pads.size(), axes.size()));
  std::vector<std::int64_t> before(rank, 0), after(rank, 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = b.axis(axes[i], rank);
    before[axis] = pads[i];
    after[axis] = pads[i + axes.size()];
    b.need(std::abs(before[axis]) < (1 << 28) && std::abs(after[axis]) < (1 << 28), "pads too much");
  }
  Shape shape(rank);
  std::vector<std::vector<std::int64_t>> index;
  Shape in_strides;
  const Shape strides = strides_of(b.shape(0), b.layout(0));
  for (const std::size_t d : memory_order(rank, b.layout(0))) {
    index.push_back(padded_indices(b, mode, b.shape(0)[d], before[d], after[d]));
    in_strides.push_back(strides[d]);
    shape[d] = static_cast<std::int64_t>(index.back().size());
  }
  Bound bound;
  bound.outputs = {{b.type(0).type, shape}};
  bound.layout = b.layout(0);
  const bool floating = is_floating(b.type(0).type);
  const float fill = b.number("value", 0);
  if (b.has(2))
    b.need(b.type(2).elements() == 1 && is_floating(b.type(2).type) == floating,
           "the constant must be one number of the data's type");
  bound.compute = [=, index = std::move(index), from = b.has(2)](const Operands& o) {
    if (floating)
      pad_numbers(o.floats(0), o.out_floats(), from ? *o.floats(2) : fill, index, in_strides);
    else
      pad_numbers(o.integers(0), o.out_integers(), from ? *o.integers(2) : std::int64_t{0}, index,
                  in_strides);
  };
  return bound;
}

Bound constant_of_shape(Binding& b) {
  b.need_inputs(1, 1);
  const Shape shape = b.constant_integers(0, "shape");
  Tensor value = Tensor::of_floats(std::vector<float>{0.0f}, {1});
  const auto found = b.node.attributes.find("value");
  if (found != b.node.attributes.end() && found->second.t) value = *found->second.t;
  b.need(value.elements() == 1, "attribute 'value' must hold one number");
  Bound bound;
  bound.outputs = {{value.type, shape}};
  bound.compute = [value, n = element_count(shape)](const Operands& o) {
    if (is_floating(value.type))
      std::fill_n(o.out_floats(), n, value.floats()[0]);
    else
      std::fill_n(o.out_integers(), n, value.integers()[0]);
  };
  return bound;
}

/// DepthToSpace and SpaceToDepth are a reshape to six dimensions, a permutation, and a reshape.
Bound depth_space(Binding& b, bool to_space) {
  b.need_inputs(1, 1);
  b.need(b.rank(0) == 4, "needs four dimensions");
  const std::int64_t k = b.integer("blocksize", 0);
  const std::string mode = b.word("mode", "DCR");
  const Shape& s = b.shape(0);
  b.need(k > 0 && k < (1 << 20), "attribute 'blocksize' must be positive");
  const Shape in = strides_of(s, Layout::plain);
  StridedCopy copy;
  Shape shape;
  if (to_space) {
    b.need(s[1] % (k * k) == 0, "channels don't divide into blocks");
    const std::int64_t c = s[1] / (k * k);
    shape = {s[0], c, s[2] * k, s[3] * k};
    const Shape out = strides_of(shape, Layout::plain);
    const bool dcr = mode == "DCR";
    copy.dims = {s[0], c, k, k, s[2], s[3]};
    copy.input_strides = {
        in[0], in[1] * (dcr ? 1 : k * k), in[1] * (dcr ? k * c : k), in[1] * (dcr ? c : 1), in[2], in[3]};
    copy.output_strides = {out[0], out[1], out[2], out[3], out[2] * k, out[3] * k};
  } else {
    b.need(s[2] % k == 0 && s[3] % k == 0, "height and width don't divide into blocks");
    shape = {s[0], s[1] * k * k, s[2] / k, s[3] / k};
    const Shape out = strides_of(shape, Layout::plain);
    copy.dims = {s[0], k, k, s[1], shape[2], shape[3]};
    copy.input_strides = {in[0], in[2], in[3], in[1], in[2] * k, in[3] * k};
    copy.output_strides = {out[0], out[1] * s[1] * k, out[1] * s[1], out[1], out[2], out[3]};
  }
  return one_copy(b, shape, Layout::plain, std::move(copy));
}
Bound depth_to_space(Binding& b) { return depth_space(b, true); }
Bound space_to_depth(Binding& b) { return depth_space(b, false); }

const OperatorEntry entries[] = {
    {"Concat", {concat, true}},
    {"ConstantOfShape", {constant_of_shape, false}},
    {"DepthToSpace", {depth_to_space, false}},
    {"Dropout", {identity, true}},
    {"Expand", {expand, false}},
    {"Flatten", {flatten, true}},
    {"Identity", {identity, true}},
    {"Pad", {pad, true}},
    {"Reshape", {reshape, true}},
    {"Shape", {shape_of, true}},
    {"Size", {size_of, true}},
    {"Slice", {slice, true}},
    {"SpaceToDepth", {space_to_depth, false}},
    {"Split", {split, true}},
    {"Squeeze", {squeeze, true}},
    {"Tile", {tile, false}},
    {"Transpose", {transpose, true}},
    {"Unsqueeze", {unsqueeze, true}},
};

}  // namespace

std::span<const OperatorEntry> shape_operators() { return entries; }

}  // namespace mho::network
