#pragma once
// A layer as the hardware sees it: what its cost depends on.

#include <vector>

#include "mho/array/mapping/layer_views.h"
#include "mho/hardware/layer_settings.h"
#include "mho/hardware/layer_shape.h"
#include "mho/network/layers/network.h"

namespace mho::network {

/// Shape, data traffic, arrays and mean conductance of a layer under its own settings. `first`: it reads the
/// image.
hardware::LayerShape cost_shape(const WeightLayer& layer, const hardware::LayerSettings& settings, bool first,
                                bool analog);

/// What [[layer]] tables may call the layers of a network.
std::vector<array::LayerName> layer_names(const Network& network);

}  // namespace mho::network
