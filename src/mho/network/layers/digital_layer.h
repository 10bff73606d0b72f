#pragma once
// A layer as an 8-bit digital accelerator computes it: integer weights and inputs, exact sums.

#include <cstddef>
#include <span>

#include "mho/array/mapping/settings.h"
#include "mho/array/reading/product.h"
#include "mho/core/matrix.h"
#include "mho/network/layers/network.h"
#include "mho/network/operators/operator.h"

namespace mho::network {

/// Rounds to weight_bits as the arrays' digital words: W_max·rint(w·(2^(B-1)-1))/(2^(B-1)-1), w = clip(W,
/// ±W_max)/W_max. weight_bits 0: clipped only.
core::Matrix<float> rounded_weights(core::MatrixView<const float> weights, const array::Mapping& mapping);

/// Rounds inputs to `input.bits` over the calibrated range, as the arrays' drivers do. bits 0: clipped only.
void round_inputs(std::span<const float> x, const array::Input& input, const array::Ranges& ranges,
                  float* rounded);

/// The layer in float with rounded weights, behind rounded inputs.
Bound bind_digital(Binding& b, const WeightLayer& layer, const array::Settings& settings,
                   const array::Ranges& ranges);

}  // namespace mho::network
