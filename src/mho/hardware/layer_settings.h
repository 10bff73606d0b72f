#pragma once
// The settings of every layer of a network, resolved once: accuracy and cost are of the same list.

#include <memory>
#include <vector>

#include "mho/array/mapping/layer_views.h"
#include "mho/array/mapping/settings.h"
#include "mho/core/config.h"
#include "mho/hardware/design.h"

namespace mho::hardware {

/// What a layer answers follows from `array`, what it costs from `design`.
struct LayerSettings {
  array::Settings array;
  std::shared_ptr<const Design> design;  ///< never null; shared by layers with the same settings
};

struct StudyLayers {
  LayerSettings common;  ///< what the study says without any [[layer]]
  std::vector<LayerSettings> layers;
};

/// Reads [hardware] and, for the study and each of its layers with the [[layer]] tables that fit it laid
/// over, [device], [array], [mapping], [input], [adc], [wires]. Wrong values become complaints of `study`;
/// what can't be built does where its cost is `asked_for` or it has a [hardware] section, else
/// Design::unbuildable. A cost that stands beside an accuracy notes cells that aren't the simulated ones.
StudyLayers read_layers(core::Config& study, const std::vector<array::LayerName>& layers, bool asked_for);

}  // namespace mho::hardware
