#pragma once
// One update of many cells in siemens: what `mho device step` looks at.

#include <cstdint>
#include <span>

#include "mho/core/matrix.h"
#include "mho/device/update.h"

namespace mho::device {

/// ΔG [S] of one update, for `draws` cells in each state [S] asked for the change beside it [S]:
/// (draws, states). In a set every cell is a device of its own, drawn at random. A state outside of its
/// device's range by more than a millionth of it throws InvalidInput.
core::Matrix<double> step(const UpdateModel& model, std::span<const double> state_s,
                          std::span<const double> request_s, std::size_t draws, std::uint64_t seed);

}  // namespace mho::device
