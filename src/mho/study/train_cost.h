#pragma once
// What a training costs on a chip: its network as the hardware sees it, with what the training measured.

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "mho/hardware/design.h"

namespace mho::study {

/// hardware::cost_json of the trained network, with
///   chip.training  an epoch and an image as in task "cost"
///   training       {"epochs","images","energy_j","time_s","layers":[{"name","updates_per_image",
///                  "updated_share","pulses_per_cell","mean_input","mean_conductance"}]}: all epochs, and
///                  what was measured of every layer
///
/// Handed to the hardware: the mean input over full scale, the mean conductance, and the share of lines that
/// an update drives, whose square is the share of cells that were asked to change. The tile cards know the
/// energy of an update of a cell, not of its pulses: pulses are reported beside. One array a layer: those
/// that carry or transfer add are not counted. `stages`: of the record of a trial (train_record.h). Throws
/// InvalidInput where the network can't be placed.
nlohmann::ordered_json training_cost_json(const hardware::Design& design, double g_on_s,
                                          const nlohmann::ordered_json& stages, std::size_t epochs,
                                          std::size_t images);

}  // namespace mho::study
