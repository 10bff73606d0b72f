#pragma once
// What a layer's numbers do to its energy: the mean conductance that its weights are mapped to.

#include "mho/array/mapping/settings.h"
#include "mho/core/matrix.h"
#include "mho/hardware/design.h"

namespace mho::hardware {

/// Mean conductance of the cells of one converter line over G_on, per cell: differential pairs hold |w| in
/// one of their two cells, g_off + r·mean|w|/2; two-sided pairs and offset cells lie around the middle.
/// Weights (outputs, inputs) are divided by the range that the mapping finds in them, of the matrix or of
/// each output, and clipped. Source: section "Weights to cells" of docs/design.md. [0, 1]; 0.5 where there
/// are no weights.
double mean_conductance_of(core::MatrixView<const float> weights, const array::Mapping& mapping,
                           double g_off);

}  // namespace mho::hardware
