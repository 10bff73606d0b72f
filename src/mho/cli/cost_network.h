#pragma once
// The shapes of a study's network for its cost: from a descriptor or from an ONNX file, with or without
// weights.

#include <vector>

#include "mho/array/mapping/settings.h"
#include "mho/core/config.h"
#include "mho/hardware/layer_shape.h"

namespace mho::cli {

/// network.model of the study: "" (no layers), an .onnx file, or a descriptor of cards/networks by name or
/// path. Weights that an ONNX file declares as inputs without values count by
/// their shapes. `depthwise_digital`: depthwise convolutions stay on the digital unit. Weights that are there
/// decide the mean conductance under the mapping of `settings`. Throws InvalidInput.
std::vector<hardware::LayerShape> cost_layers(const core::Config& study, bool depthwise_digital,
                                              const array::Settings& settings);

}  // namespace mho::cli
