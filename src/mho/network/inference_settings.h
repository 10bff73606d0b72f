#pragma once
// What a study says about the network itself: sections [network], [calibration] and [[layer]].

#include <string>
#include <vector>

#include "mho/array/mapping/settings.h"
#include "mho/core/config.h"
#include "mho/network/inference.h"
#include "mho/network/layers/network.h"

namespace mho::network {

/// Where network.model of a study lies (core/locate.h), the same for every task; "" and a complaint where it
/// is nowhere.
std::string find_model(const core::Config& study);

struct NetworkSettings {
  std::string model;             ///< path of the ONNX file, found; "" where it wasn't
  bool analog_depthwise = true;  ///< depthwise convolutions on arrays, or by digital logic
};

/// Wrong values become complaints of `study`. The model is located (core/locate.h), unless it is
/// `loaded` already.
NetworkSettings read_network_settings(core::Config& study, bool loaded);
CalibrationSettings read_calibration_settings(core::Config& study);

/// Settings of every layer: the study's, with those of each [[layer]] laid over whose `match` (a pattern with
/// * and ?) fits the layer's or its weights' name, in the order of the file. A match that fits no layer
/// becomes a complaint that lists the layers.
std::vector<array::Settings> read_layer_settings(core::Config& study, const Network& network);

}  // namespace mho::network
