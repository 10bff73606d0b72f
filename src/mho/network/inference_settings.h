#pragma once
// What a study says about the network itself: sections [network] and [calibration].

#include <string>

#include "mho/core/config.h"
#include "mho/network/inference.h"

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

}  // namespace mho::network
