#pragma once
// The chip behind a network: that all layers are on it, and nothing else is.

#include <vector>

#include "mho/core/config.h"
#include "mho/network/layers/analog_layer.h"

namespace mho::network {

/// Complains, of device.chip, of every matrix of `layers` that the chip of their settings does not hold in
/// that way, with what differs, and of what it holds beside them. Nothing where settings have no chip.
void check_chip(const core::Config& study, const std::vector<AnalogLayer>& layers);

}  // namespace mho::network
