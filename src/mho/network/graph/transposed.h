#pragma once
// ConvTranspose as a layer with weights: each input pixel, a vector of its channels, times the whole kernel
// (one column an output channel and kernel position), and the windows of all pixels added where they
// overlap. The product is an ordinary 1×1 Conv, on arrays or not; the sum is digital.

#include <string_view>

#include "mho/network/graph/graph.h"

namespace mho::network {

/// Attribute of the Conv that is made: the shape of the weights as the file has them, for messages.
inline constexpr std::string_view weights_of_transposed = "weights_of_transposed";

/// Lowers every ConvTranspose, in place: a Conv of the same name, then a ConvTranspose without weights that
/// adds the windows. Throws core::InvalidInput where its weights or bias are no constants.
void lower_transposed(Graph& graph);

}  // namespace mho::network
