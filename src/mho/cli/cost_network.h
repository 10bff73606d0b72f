#pragma once
// The shapes of a study's network for its cost: from a descriptor or from an ONNX file, with or without
// weights.

#include <string>
#include <vector>

#include "mho/array/mapping/settings.h"
#include "mho/hardware/layer_shape.h"

namespace mho::cli {

/// `model`: "" (no layers), an .onnx file (as given, beside the study file or in $MHO_DATA), or a descriptor
/// of cards/networks by name or path. Weights that an ONNX file declares as inputs without values count by
/// their shapes. `depthwise_digital`: depthwise convolutions stay on the digital unit. Weights that are there
/// decide the mean conductance under the mapping of `settings`. Throws InvalidInput.
std::vector<hardware::LayerShape> cost_layers(const std::string& model, const std::string& study_file,
                                              bool depthwise_digital, const array::Settings& settings);

}  // namespace mho::cli
