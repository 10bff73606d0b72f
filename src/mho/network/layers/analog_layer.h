#pragma once
// A layer with weights on arrays: how its groups are packed into matrices, where each row finds its input,
// and the step of a plan that asks the arrays.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mho/array/mapping/settings.h"
#include "mho/array/reading/product.h"
#include "mho/core/matrix.h"
#include "mho/network/layers/network.h"
#include "mho/network/operators/operator.h"

namespace mho::network {

/// Consecutive groups of a layer in one matrix, block-diagonal: as many as fit one array, or one group that
/// may need several arrays.
struct Pack {
  std::size_t first_group = 0, groups = 1;
};

/// Input of a convolution as arrays read it: its padding written out, channels last or, where the outputs are
/// few, channel after channel, so that neighbouring outputs read neighbouring inputs.
struct Picture {
  std::int64_t height = 1, width = 1, channels = 1;  ///< with padding
  bool planar = false;                               ///< channel after channel
  bool is_copy = false;                              ///< false: the activation itself can be read

  std::size_t size() const { return static_cast<std::size_t>(height * width * channels); }
  /// From one pixel, line or channel to the next.
  std::int64_t pixel() const { return planar ? 1 : channels; }
  std::int64_t line() const { return width * pixel(); }
  std::int64_t channel() const { return planar ? width * height : 1; }
};

/// What the arrays of one layer hold and read. Independent of the batch.
struct AnalogLayer {
  const WeightLayer* layer = nullptr;
  array::Settings settings;
  std::vector<Pack> packs;  ///< none where digital logic computes the layer

  std::size_t rows(const Pack& pack) const { return pack.groups * layer->rows; }
  std::size_t columns(const Pack& pack) const { return pack.groups * layer->columns; }
  /// The weights of a pack, its groups one below the other.
  core::MatrixView<const float> weights(const Pack& pack) const;
  /// Of the layer's ranges those of a pack.
  array::Ranges pack_ranges(array::Ranges of_layer, const Pack& pack) const;
  /// How a convolution's input lies.
  Picture picture() const;
  /// Where each row's input lies relative to its vector's origin: in the picture, or in a dense vector.
  std::vector<std::int64_t> row_offsets(const Pack& pack) const;
  /// Name that a pack's random numbers go by.
  std::string pack_name(std::size_t pack) const;

  std::size_t arrays() const;
  /// Cells that hold the layer's weights over all cells of its arrays.
  double utilization() const;
};

AnalogLayer place_on_arrays(const WeightLayer& layer, const array::Settings& settings);

/// Copies `images` activations, channels last, into pictures.
void copy_pictures(const AnalogLayer& layer, const float* x, std::size_t images, float* pictures);
/// Where each output pixel's receptive field, or each vector, starts, for all images of a batch; of a
/// recurrent layer, at one time step.
std::vector<std::int64_t> origins(const AnalogLayer& layer, std::size_t images);

/// The step that computes layer number `index` by state.products[index], with bias, residual and clipping
/// in digital logic after it.
Bound bind_analog(Binding& b, std::size_t index, const AnalogLayer& analog);

}  // namespace mho::network
