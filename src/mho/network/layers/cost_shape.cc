#include "mho/network/layers/cost_shape.h"

#include <algorithm>

#include "mho/array/mapping/chip_cells.h"
#include "mho/core/error.h"
#include "mho/hardware/activity.h"
#include "mho/network/layers/analog_layer.h"

namespace mho::network {

hardware::LayerShape cost_shape(const WeightLayer& layer, const hardware::LayerSettings& settings, bool first,
                                bool analog) {
  hardware::LayerShape shape;
  shape.name = layer.name;
  shape.kind = layer.is_convolution ? "conv" : "dense";
  shape.in = layer.rows;
  shape.out = layer.columns * layer.groups;
  shape.groups = layer.groups;
  shape.positions = layer.positions;
  shape.sequential = layer.is_recurrent();
  if (layer.is_convolution) {
    // A window that moves by its stride reads only the columns of pixels that it did not cover before.
    const auto& geometry = layer.convolution;
    shape.fresh_inputs = static_cast<double>(geometry.channels * geometry.y.kernel *
                                             std::min(geometry.x.kernel, geometry.x.stride));
  }
  shape.first = first;
  shape.analog = analog;
  shape.design = settings.design;
  if (settings.array.chip && analog) {
    const AnalogLayer there = place_on_arrays(layer, settings.array);
    double sum = 0;
    for (std::size_t p = 0; p < there.packs.size(); ++p) {
      const auto& chip = *settings.array.chip;
      const std::string why = array::why_unlike(chip, there.pack_name(p), settings.array,
                                                there.columns(there.packs[p]), there.rows(there.packs[p]));
      if (!why.empty()) throw core::InvalidInput(why);
      sum += array::mean_conductance(chip, there.pack_name(p), settings.array.cell);
    }
    shape.activity.mean_conductance = sum / static_cast<double>(there.packs.size());
    return shape;
  }
  const auto weights = layer.weights.floats();
  if (std::any_of(weights.begin(), weights.end(), [](float w) { return w != 0; })) {
    shape.activity.mean_conductance =
        hardware::mean_conductance_of(layer.matrix(), settings.array.mapping, settings.array.cell.g_off());
  }
  return shape;
}

std::vector<array::LayerName> layer_names(const Network& network) {
  std::vector<array::LayerName> names;
  for (const auto& layer : network.layers())
    names.push_back({.layer = layer.name, .weights = layer.weights_name});
  return names;
}

}  // namespace mho::network
