#pragma once
// Calibration: the ranges of every layer's inputs and converters, from images, and their file.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mho/array/reading/product.h"
#include "mho/core/identity.h"
#include "mho/network/inference.h"
#include "mho/network/layers/analog_layer.h"
#include "mho/network/layers/network.h"

namespace mho::network {

class Dataset;
class Plan;

/// Runs the first `settings.count` images in float, twice: once for the inputs' ranges, once, with ideal
/// cells, for the column currents. Where an input or a converter has a given or automatic range, it keeps
/// that. Layers on which many vectors fall contribute a part of them (at least 20,000). `plan` gives the plan
/// in float for a batch.
std::vector<array::Ranges> calibrate_layers(
    const Network& network, const std::vector<AnalogLayer>& layers,
    const std::function<std::shared_ptr<const Plan>(std::size_t)>& plan, const Dataset& images,
    const CalibrationSettings& settings, const Progress& progress);

/// What ranges are of: the network, the images as they go into it, and the settings that they follow from.
/// Not, for example, the bits of the converters, which a study may sweep with one calibration.
core::Identity identity_of_ranges(const Network& network, const std::vector<AnalogLayer>& layers,
                                  const Dataset& images, const CalibrationSettings& settings);

/// JSON: what the ranges are of (core/identity.h: the network, the images, the settings that they follow
/// from), and the ranges of every layer.
void write_ranges(const std::string& path, const Network& network, const std::vector<AnalogLayer>& layers,
                  const Dataset& images, const std::vector<array::Ranges>& ranges,
                  const CalibrationSettings& settings);

/// Throws core::InvalidInput that says in what the file is of something else, or was changed.
std::vector<array::Ranges> read_ranges(const std::string& path, const Network& network,
                                       const std::vector<AnalogLayer>& layers, const Dataset& images,
                                       const CalibrationSettings& settings);

}  // namespace mho::network
