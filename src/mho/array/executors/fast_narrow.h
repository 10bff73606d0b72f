#pragma once
// The product of a plan whose arrays have few columns, for vectors that lie side by side in the input.

#include <cstddef>
#include <cstdint>
#include <span>

#include "mho/array/executors/fast_plan.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// What every conversion of a plan is multiplied by, beside its channel's own weight.
double plane_weight(const FastPlan& plan, int plane);

/// y(v, :) = the answers to the vectors at `origins`, for a plan with `narrow` set. `planes`: where each
/// plane of levels begins. Counts clipped conversions where `clipped` is not null.
void narrow_vmm(const FastPlan& plan, std::span<const float* const> planes,
                std::span<const std::int64_t> origins, float bias, core::MatrixView<float> y,
                std::uint64_t* clipped);

}  // namespace mho::array
