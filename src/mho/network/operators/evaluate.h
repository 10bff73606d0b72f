#pragma once
// Nodes whose inputs are constants, computed at once.

#include <cstddef>
#include <span>
#include <vector>

#include "mho/network/graph/graph.h"
#include "mho/network/onnx/tensor.h"
#include "mho/network/operators/operator.h"

namespace mho::network {

/// Binds a node; one that isn't supported fails with its name.
Bound bind(Binding& b);

/// The outputs of a node of constants, in plain layout. Throws core::InvalidInput where they would take more
/// than `limit_bytes`.
std::vector<Tensor> evaluate(const Graph& graph, const Node& node, std::size_t limit_bytes);

/// Bytes that one folded node may make: a few times what the file itself holds.
std::size_t folding_limit(const Graph& graph);

/// Shapes of all values for given shapes of the inputs; constants that only shapes decide are computed on
/// the way. Throws core::InvalidInput that names the node that doesn't fit.
std::vector<TensorType> infer_shapes(const Graph& graph, std::span<const Shape> inputs);

/// Throws core::InvalidInput that lists every operator which isn't supported, with its nodes.
void check_operators(const Graph& graph);

}  // namespace mho::network
