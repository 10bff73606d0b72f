// Resize and Upsample: nearest, linear and cubic interpolation, one dimension after the other.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "mho/network/operators/operator.h"
#include "mho/network/operators/strided_copy.h"

namespace mho::network {
namespace {

/// Which inputs an output position reads, with which weights.
struct Taps {
  std::vector<std::int64_t> index;
  std::vector<float> weight;
};

struct Way {
  std::string mode, coordinates, nearest;
  float cubic = -0.75f;
  bool exclude_outside = false;
  float extrapolation = 0;
};

double source_position(const Way& way, std::int64_t x, std::int64_t in, std::int64_t out, double scale,
                       double start, double end) {
  const auto n = static_cast<double>(in), m = static_cast<double>(out), i = static_cast<double>(x);
  if (way.coordinates == "half_pixel") return (i + 0.5) / scale - 0.5;
  if (way.coordinates == "half_pixel_symmetric") {
    const double adjustment = m / (scale * n);
    return n / 2 * (1 - adjustment) + (i + 0.5) / scale - 0.5;
  }
  if (way.coordinates == "pytorch_half_pixel") return out > 1 ? (i + 0.5) / scale - 0.5 : 0;
  if (way.coordinates == "align_corners") return out > 1 ? i * (n - 1) / (m - 1) : 0;
  if (way.coordinates == "tf_crop_and_resize") {
    return out > 1 ? start * (n - 1) + i * (end - start) * (n - 1) / (m - 1) : 0.5 * (start + end) * (n - 1);
  }
  return i / scale;  // asymmetric
}

std::int64_t nearest_pixel(const std::string& rule, double x) {
  if (rule == "floor") return static_cast<std::int64_t>(std::floor(x));
  if (rule == "ceil") return static_cast<std::int64_t>(std::ceil(x));
  if (rule == "round_prefer_ceil") return static_cast<std::int64_t>(std::floor(x + 0.5));
  return static_cast<std::int64_t>(std::ceil(x - 0.5));
}

Taps taps_at(const Way& way, double x, std::int64_t n) {
  Taps taps;
  if (way.mode == "nearest") {
    taps.index = {nearest_pixel(way.nearest, x)};
    taps.weight = {1};
  } else if (way.mode == "linear") {
    const double clamped = std::clamp(x, 0.0, static_cast<double>(n - 1));
    const double at = std::floor(clamped);
    taps.index = {static_cast<std::int64_t>(at), static_cast<std::int64_t>(at) + 1};
    taps.weight = {static_cast<float>(1 - (clamped - at)), static_cast<float>(clamped - at)};
  } else {
    const double at = std::floor(x), t = x - at, a = way.cubic;
    const auto near = [&](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
    const auto far = [&](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
    const double w[4] = {far(1 + t), near(t), near(1 - t), far(2 - t)};
    double total = 0;
    for (int k = 0; k < 4; ++k) {
      const std::int64_t i = static_cast<std::int64_t>(at) + k - 1;
      const bool outside = way.exclude_outside && (i < 0 || i >= n);
      taps.index.push_back(i);
      taps.weight.push_back(outside ? 0.0f : static_cast<float>(w[k]));
      total += taps.weight.back();
    }
    if (way.exclude_outside) {
      for (auto& v : taps.weight) v = static_cast<float>(v / total);
    }
  }
  for (auto& i : taps.index) i = std::clamp<std::int64_t>(i, 0, n - 1);
  return taps;
}

/// Along one dimension; a tap list that is empty gives the extrapolation value.
struct Pass {
  std::size_t outer, in, out, inner;
  std::vector<Taps> taps;
};

void run_pass(const Pass& p, const float* x, float* y, float extrapolation) {
  for (std::size_t a = 0; a < p.outer; ++a) {
    for (std::size_t i = 0; i < p.out; ++i) {
      float* to = y + (a * p.out + i) * p.inner;
      std::fill_n(to, p.inner, p.taps[i].index.empty() ? extrapolation : 0.0f);
      for (std::size_t k = 0; k < p.taps[i].index.size(); ++k) {
        const float w = p.taps[i].weight[k];
        const float* from = x + (a * p.in + p.taps[i].index[k]) * p.inner;
        if (w == 0) continue;
        for (std::size_t c = 0; c < p.inner; ++c) to[c] += w * from[c];
      }
    }
  }
}

/// Sizes and scales of the result; `scales` may be decided by `sizes`.
Shape target_shape(Binding& b, std::vector<double>& scales, const Way& way) {
  const Shape& from = b.shape(0);
  const bool upsample = b.node.op == "Upsample";
  const std::size_t scales_at = upsample || b.graph.opset < 11 ? 1 : 2;
  std::vector<std::int64_t> axes = b.integers("axes", {});
  if (axes.empty()) {
    for (std::size_t d = 0; d < from.size(); ++d) axes.push_back(static_cast<std::int64_t>(d));
  }
  Shape shape = from;
  scales.assign(from.size(), 1.0);
  std::vector<std::int64_t> sizes;
  std::vector<float> given;
  if (b.has(3)) sizes = b.constant_integers(3, "sizes");
  if (sizes.empty()) {
    given = b.has(scales_at)
                ? b.constant_floats(scales_at, "scales")
                : (b.has_attribute("scales") ? b.node.attributes.at("scales").floats : std::vector<float>{});
    b.need(given.size() == axes.size(),
           fmt::format("{} scales for {} dimensions", given.size(), axes.size()));
  } else {
    b.need(sizes.size() == axes.size(), fmt::format("{} sizes for {} dimensions", sizes.size(), axes.size()));
  }
  std::vector<float> region;
  if (way.coordinates == "tf_crop_and_resize") region = b.constant_floats(1, "roi");
  b.need(b.word("keep_aspect_ratio_policy", "stretch") == "stretch",
         "keep_aspect_ratio_policy must be 'stretch'");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t d = b.axis(axes[i], from.size());
    const auto n = static_cast<double>(from[d]);
    if (sizes.empty()) {
      b.need(given[i] > 0 && std::isfinite(given[i]) && n * given[i] < 1e9,
             "a scale is not positive or too large");
      const double width = region.empty() ? 1.0 : region[i + axes.size()] - region[i];
      shape[d] = static_cast<std::int64_t>(std::floor(n * width * given[i]));
      scales[d] = given[i];
    } else {
      b.need(sizes[i] > 0 && sizes[i] < 1'000'000'000, "a size is not positive or too large");
      shape[d] = sizes[i];
      scales[d] = n > 0 ? static_cast<double>(sizes[i]) / n : 1;
    }
  }
  b.need(shape.size() == from.size(), "changes the number of dimensions");
  (void)element_count(shape);
  return shape;
}

Bound resize(Binding& b) {
  b.need_inputs(1, 4);
  b.need_floats({0});
  const bool old = b.graph.opset < 11;
  Way way;
  way.mode = b.word("mode", "nearest");
  way.coordinates = b.word("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  way.nearest = b.word("nearest_mode", old ? "floor" : "round_prefer_floor");
  way.cubic = b.number("cubic_coeff_a", -0.75f);
  way.exclude_outside = b.integer("exclude_outside", 0) != 0;
  way.extrapolation = b.number("extrapolation_value", 0);
  if (way.mode == "bilinear") way.mode = "linear";
  b.need(way.mode == "nearest" || way.mode == "linear" || way.mode == "cubic",
         "mode '" + way.mode + "' is not known");
  b.need(b.integer("antialias", 0) == 0, "antialias is not supported");
  std::vector<double> scales;
  const Shape shape = target_shape(b, scales, way);
  const bool crops = way.coordinates == "tf_crop_and_resize";
  const auto region = crops ? b.constant_floats(1, "roi") : std::vector<float>{};
  b.need(!crops || region.size() == 2 * shape.size(), "roi doesn't fit the dimensions");
  const Shape in_memory = memory_shape(b.shape(0), b.layout(0)),
              out_memory = memory_shape(shape, b.layout(0));
  const auto order = memory_order(shape.size(), b.layout(0));
  Bound bound;
  bound.outputs = {{b.type(0).type, shape}};
  bound.layout = b.layout(0);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    b.need(shape[d] == b.shape(0)[d] || shape[d] <= 65536, fmt::format("makes a dimension of {}", shape[d]));
  }
  if (b.only_shapes) return bound;
  std::vector<Pass> passes;
  Shape now = in_memory;
  std::size_t largest = 0;
  for (std::size_t d = 0; d < now.size(); ++d) {
    const std::size_t dim = order[d];
    if (now[d] == out_memory[d] && scales[dim] == 1 && !crops) continue;
    b.need(now[d] > 0, "resizes an empty tensor");
    b.need(out_memory[d] <= 65536, fmt::format("makes a dimension of {}", out_memory[d]));
    Pass pass{element_count(Shape(now.begin(), now.begin() + d)),
              static_cast<std::size_t>(now[d]),
              static_cast<std::size_t>(out_memory[d]),
              element_count(Shape(now.begin() + d + 1, now.end())),
              {}};
    for (std::int64_t i = 0; i < out_memory[d]; ++i) {
      const double x = source_position(way, i, now[d], out_memory[d], scales[dim], crops ? region[dim] : 0,
                                       crops ? region[dim + shape.size()] : 1);
      const bool outside = crops && (x < 0 || x > static_cast<double>(now[d] - 1));
      pass.taps.push_back(outside ? Taps{} : taps_at(way, x, now[d]));
    }
    now[d] = out_memory[d];
    largest = std::max(largest, element_count(now));
    passes.push_back(std::move(pass));
  }
  if (passes.empty()) {
    bound.alias = true;
    return bound;
  }
  bound.scratch_bytes = passes.size() > 1 ? 2 * largest * sizeof(float) : 0;
  bound.compute = [passes = std::move(passes), largest,
                   extrapolation = way.extrapolation](const Operands& o) {
    auto* scratch = reinterpret_cast<float*>(o.scratch);
    const float* from = o.floats(0);
    for (std::size_t i = 0; i < passes.size(); ++i) {
      float* to = i + 1 == passes.size() ? o.out_floats() : scratch + i % 2 * largest;
      run_pass(passes[i], from, to, extrapolation);
      from = to;
    }
  };
  return bound;
}

const OperatorEntry entries[] = {{"Resize", {resize, true}}, {"Upsample", {resize, true}}};

}  // namespace

std::span<const OperatorEntry> resize_operators() { return entries; }

}  // namespace mho::network
