#pragma once
// A network as its cost sees it: shapes alone, from a file whose weights need not be there.

#include <memory>
#include <string>
#include <vector>

#include "mho/hardware/layer_settings.h"
#include "mho/hardware/layer_shape.h"
#include "mho/network/layers/network.h"

namespace mho::network {

/// Reads an ONNX file as load_network does; weights that it declares as inputs of a fixed shape, without
/// values, are zeros. Throws InvalidInput, also where those would be more than 2^30 numbers.
std::shared_ptr<const Network> load_network_for_cost(const std::string& path);

/// Its layers as the hardware sees them, each under its own settings. `analog_depthwise`: whether depthwise
/// convolutions lie on arrays. Weights that are there decide the mean conductance under a layer's mapping.
std::vector<hardware::LayerShape> cost_layers(const Network& network, bool analog_depthwise,
                                              const std::vector<hardware::LayerSettings>& settings);

}  // namespace mho::network
