#include "mho/network/layers/analog_layer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>

#include "mho/array/executors/kernel_narrow.h"
#include "mho/array/mapping/coding.h"
#include "mho/array/reading/product.h"
#include "mho/network/operators/epilogue.h"
#include "mho/network/operators/evaluate.h"
#include "mho/network/operators/run_state.h"

namespace mho::network {

AnalogLayer place_on_arrays(const WeightLayer& layer, const array::Settings& settings) {
  AnalogLayer result;
  result.layer = &layer;
  result.settings = settings;
  const auto fit = [](std::size_t room, std::size_t each, std::size_t reserved) {
    if (room == 0) return static_cast<std::size_t>(-1);
    return room <= reserved ? std::size_t{0} : (room - reserved) / each;
  };
  const std::size_t unit = settings.mapping.scheme == array::Scheme::offset_unit_column ? 1 : 0;
  const std::size_t together =
      std::max<std::size_t>(1, std::min({layer.groups, fit(settings.array.rows, layer.rows, 0),
                                         fit(settings.array.cols, layer.columns, unit)}));
  for (std::size_t g = 0; g < layer.groups; g += together) {
    result.packs.push_back({g, std::min(together, layer.groups - g)});
  }
  return result;
}

core::MatrixView<const float> AnalogLayer::weights(const Pack& pack) const {
  return layer->matrix().block(pack.first_group * layer->columns, 0, columns(pack), layer->rows);
}

array::Ranges AnalogLayer::pack_ranges(array::Ranges ranges, const Pack& pack) const {
  if (ranges.gain.empty()) return ranges;
  const auto gains = ranges.gain.begin() + static_cast<std::ptrdiff_t>(pack.first_group * layer->columns);
  ranges.gain = {gains, gains + static_cast<std::ptrdiff_t>(columns(pack))};
  return ranges;
}

std::vector<std::int64_t> AnalogLayer::row_offsets(const Pack& pack) const {
  std::vector<std::int64_t> offsets;
  offsets.reserve(rows(pack));
  if (!layer->is_convolution) {
    for (std::size_t i = 0; i < layer->rows; ++i) offsets.push_back(static_cast<std::int64_t>(i));
    return offsets;
  }
  const auto& g = layer->convolution;
  const Picture in = picture();
  const std::int64_t first = static_cast<std::int64_t>(pack.first_group) * g.group_channels();
  const std::int64_t channels = static_cast<std::int64_t>(pack.groups) * g.group_channels();
  for (std::int64_t c = first; c < first + channels; ++c) {
    for (std::int64_t ky = 0; ky < g.y.kernel; ++ky) {
      for (std::int64_t kx = 0; kx < g.x.kernel; ++kx) {
        offsets.push_back(ky * g.y.dilation * in.line() + kx * g.x.dilation * in.pixel() + c * in.channel());
      }
    }
  }
  return offsets;
}

std::string AnalogLayer::pack_name(std::size_t pack) const {
  return packs.size() == 1 ? layer->name : fmt::format("{}#{}", layer->name, pack);
}

std::size_t AnalogLayer::arrays() const {
  std::size_t count = 0;
  for (const auto& pack : packs) count += array::footprint(columns(pack), rows(pack), settings).arrays;
  return count;
}

double AnalogLayer::utilization() const {
  double used = 0, there = 0;
  for (const auto& pack : packs) {
    const auto in_block = static_cast<double>(columns(pack) * rows(pack));
    there += in_block / array::footprint(columns(pack), rows(pack), settings).utilization;
    used += in_block / static_cast<double>(pack.groups);
  }
  return there > 0 ? used / there : 0;
}

Picture AnalogLayer::picture() const {
  const ConvolutionGeometry& g = layer->convolution;
  Picture in{g.y.in + g.y.before + g.y.after, g.x.in + g.x.before + g.x.after, g.channels};
  in.planar = packs.size() == 1 && columns(packs[0]) <= array::kNarrowColumns && g.x.stride == 1;
  in.is_copy = g.y.before + g.y.after + g.x.before + g.x.after > 0 || (in.planar && g.channels > 1);
  return in;
}

namespace {

/// One line of an activation into the lines of its channels.
void copy_line(const float* x, const Picture& to, std::int64_t width, float* out) {
  if (!to.planar) {
    std::memcpy(out, x, static_cast<std::size_t>(width * to.channels) * sizeof(float));
    return;
  }
  for (std::int64_t c = 0; c < to.channels; ++c) {
    float* line = out + c * to.channel();
    for (std::int64_t i = 0; i < width; ++i) line[i] = x[i * to.channels + c];
  }
}

}  // namespace

void copy_pictures(const AnalogLayer& analog, const float* x, std::size_t images, float* pictures) {
  const ConvolutionGeometry& g = analog.layer->convolution;
  const Picture p = analog.picture();
  std::fill_n(pictures, images * p.size(), 0.0f);
  for (std::size_t n = 0; n < images; ++n, pictures += p.size()) {
    for (std::int64_t row = 0; row < g.y.in; ++row, x += g.x.in * g.channels) {
      copy_line(x, p, g.x.in, pictures + (g.y.before + row) * p.line() + g.x.before * p.pixel());
    }
  }
}

std::vector<std::int64_t> origins(const AnalogLayer& analog, std::size_t images) {
  const WeightLayer& layer = *analog.layer;
  std::vector<std::int64_t> result;
  const std::size_t count = images * layer.positions_together();
  result.reserve(count);
  if (!layer.is_convolution) {
    for (std::size_t v = 0; v < count; ++v) result.push_back(static_cast<std::int64_t>(v * layer.rows));
    return result;
  }
  const auto& g = layer.convolution;
  const Picture p = analog.picture();
  for (std::size_t n = 0; n < images; ++n) {
    for (std::int64_t y = 0; y < g.y.out; ++y) {
      for (std::int64_t x = 0; x < g.x.out; ++x) {
        result.push_back(static_cast<std::int64_t>(n * p.size()) + y * g.y.stride * p.line() +
                         x * g.x.stride * p.pixel());
      }
    }
  }
  return result;
}

Bound bind_analog(Binding& b, std::size_t index, const AnalogLayer& analog) {
  b.only_shapes = true;
  Bound bound = bind(b);
  bound.implementation = "arrays";
  const WeightLayer& layer = *analog.layer;
  const std::size_t outputs = layer.groups * layer.columns;
  const std::size_t vectors = bound.outputs[0].elements() / outputs;
  const std::size_t positions = layer.positions_together();
  b.need(vectors % positions == 0, "its vectors don't divide into images");
  const std::size_t batch = vectors / positions;
  const bool copied = layer.is_convolution && analog.picture().is_copy;
  const std::size_t image_size = layer.is_convolution ? analog.picture().size() : positions * layer.rows;
  bound.scratch_bytes = copied ? batch * image_size * sizeof(float) : 0;
  const std::size_t residual = b.inputs();
  bound.compute = [&analog, &layer, index, outputs, batch, positions, copied, image_size, residual,
                   epilogue = b.node.epilogue, starts = origins(analog, batch)](const Operands& o) {
    RunState& state = *o.run;
    const std::size_t images = std::min(state.images, batch);
    const std::size_t count = images * positions;
    // Every time step draws its own noise, whatever the images in the batch.
    const std::uint64_t first_vector = (state.step << 32) + state.first_image * positions;
    const float* x = o.floats(0);
    if (copied) {
      auto* pictures = reinterpret_cast<float*>(o.scratch);
      copy_pictures(analog, x, images, pictures);
      x = pictures;
    }
    float* y = o.out_floats();
    const auto& products = (*state.products)[index];
    for (std::size_t p = 0; p < products.size(); ++p) {
      products[p]->quantize({x, images * image_size}, *state.workspace);
      const Pack& pack = analog.packs[p];
      const core::MatrixView<float> part(y + pack.first_group * layer.columns, count, analog.columns(pack),
                                         outputs);
      products[p]->vmm(std::span(starts).first(count), part, first_vector, *state.workspace,
                       &state.tallies[index]);
    }
    finish_rows_in_place(y, count, outputs, layer.bias.empty() ? nullptr : layer.bias.data(),
                         epilogue.residual >= 0 ? o.floats(residual) : nullptr, epilogue.lo, epilogue.hi);
    std::fill(y + count * outputs, y + batch * positions * outputs, 0.0f);
  };
  return bound;
}

}  // namespace mho::network
