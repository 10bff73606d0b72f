#pragma once
// Many cells of one kind, programmed to the same targets: what `mho device sample` and fits look at.

#include <cstdint>
#include <span>

#include "mho/core/matrix.h"
#include "mho/device/cell.h"

namespace mho::device {

/// `draws` cells for every target [G_on], as the cell's history leaves them: (draws, targets). With `read`,
/// each as one read finds it. Throws InvalidInput where a target lies outside [g_off, 1].
core::Matrix<float> sample(const Cell& cell, std::span<const float> targets, std::size_t draws,
                           std::uint64_t seed, bool read);

}  // namespace mho::device
