#pragma once
// The cost of a design as a result: JSON for programs and text for people. Inference and training use it as
//
//   const auto design = hardware::read_design(study, settings);  // with the other sections, before finish()
//   …
//   result["cost"] = hardware::cost_json(design, layers);        // shapes, and what was measured of the data

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "mho/hardware/chip.h"
#include "mho/hardware/kernels.h"

namespace mho::hardware {

/// {"design", "kernels", "notes", and with layers "network" and "chip"}: the cost section of a result.
/// Throws InvalidInput where the network can't be placed, or the tile can't do what the study asks of it.
///
///   design   of the arrays that do most of the multiply-accumulates; without layers of the study's
///   kernels  one such array, one cell a weight: energy_per_mac_j is per multiply-accumulate (one element)
///   notes    where the cost is of something else than was simulated or asked for (notes.h)
///   network  per layer: array_kind (number in kinds), weights, macs, arrays, tiles, copies, utilization,
///            energy_j, latency_s
///   chip     energy_per_image_j, latency_s, images_per_s, area_m2, tops, tops_per_w, …, parts, losses;
///            kinds (arrays with settings of their own, the layers on them, their arrays and energy);
///            digital_baseline (the same chip with SRAM cores); training (where images_per_epoch is given)
nlohmann::json cost_json(const Design& design, const std::vector<LayerShape>& layers);

/// The section for a terminal. Throws InvalidInput where it is damaged.
std::string cost_text(const nlohmann::json& section);

/// The same chip with digital cores of SRAM in the same technology.
Design digital_baseline(const Design& design);

}  // namespace mho::hardware
