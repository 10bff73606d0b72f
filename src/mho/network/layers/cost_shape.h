#pragma once
// A layer as the hardware sees it: what its cost depends on.

#include "mho/array/mapping/settings.h"
#include "mho/hardware/layer_shape.h"
#include "mho/network/layers/network.h"

namespace mho::network {

/// Shape, data traffic and mean conductance of a layer under its own settings. `first`: it reads the image.
hardware::LayerShape cost_shape(const WeightLayer& layer, const array::Settings& settings, bool first,
                                bool analog);

}  // namespace mho::network
