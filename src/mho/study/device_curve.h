#pragma once
// What a cell does to a target conductance, as numbers for a picture: spread and shift of the programmed
// (and aged) conductance, and noise of a read.

#include <nlohmann/json_fwd.hpp>

#include "mho/device/cell.h"

namespace mho::study {

/// {"card", "g_on_s", "on_off_ratio", "g": targets/G_on, "std", "shift", "read_noise": in units of G_on},
/// estimated from `draws` cells a target (relative error of a spread about 1/sqrt(2·draws)).
nlohmann::json device_curve(const device::Cell& cell, std::size_t targets = 41, std::size_t draws = 20000);

}  // namespace mho::study
