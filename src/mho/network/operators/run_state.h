#pragma once
// What belongs to one thread while it runs a plan.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "mho/array/reading/product.h"
#include "mho/core/matrix.h"

namespace mho::network {

/// Products of every layer's matrices: [layer][matrix]; none for layers that are computed digitally.
using LayerProducts = std::vector<std::vector<std::shared_ptr<const array::Product>>>;

struct RunState {
  std::size_t images = 0;         ///< of the plan's batch that count: the rest is padding
  std::uint64_t first_image = 0;  ///< number of the first one in its data set, for the draws of read noise
  std::uint64_t step = 0;         ///< of the recurrent node that runs: each draws its own read noise
  const LayerProducts* products = nullptr;  ///< for analog layers
  std::vector<array::Tally> tallies;        ///< per layer, added to
  /// Called after each layer with weights, if set; after each time step of one in a recurrent node.
  std::function<void(std::size_t layer, std::span<const float> output)> after_layer;
  /// Called with the input of each layer, channels last where it is a picture, and its products' inputs.
  std::function<void(std::size_t layer, std::span<const float> input)> before_layer;

  array::WorkspacePtr workspace = array::make_workspace();
  core::AlignedVector<std::byte> arena, scratch;
};

}  // namespace mho::network
