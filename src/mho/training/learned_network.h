#pragma once
// A network that was trained, as an ONNX file: so that a chip that learned is read like any other.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "mho/core/matrix.h"
#include "mho/network/data/dataset.h"
#include "mho/network/onnx/onnx_reader.h"
#include "mho/training/trainer.h"

namespace mho::training {

/// The network of `options` with the weights of `layers` (Trainer::learned), for images of that shape,
/// {channels, height, width} or {features}. Every layer is a node of its own name whose matrix has the rows
/// of its array in their order: what a dense layer reads is flattened with channels innermost; a convolution
/// is one of 1×1 on what its kernel covers, cut out and laid on top of each other; a bias that is a row of
/// the array is the weight of a constant 1, the last input. `preprocess` stands in the metadata.
network::OnnxModel learned_network(const TrainingOptions& options, std::span<const LearnedLayer> layers,
                                   const std::vector<std::size_t>& image,
                                   const network::Preprocess& preprocess);

}  // namespace mho::training
