#pragma once
// Gemm and MatMul with constant weights: a batch of vectors times one matrix.

#include <cstddef>
#include <vector>

#include "mho/core/matrix.h"
#include "mho/network/operators/operator.h"

namespace mho::network {

/// y (vectors, out) = x (vectors, in)·W^T + bias.
struct DenseGeometry {
  std::size_t vectors = 0, in = 0, out = 0;
  Shape shape;  ///< of the result
};

/// Fails where the shapes contradict each other or Gemm's first operand is transposed.
DenseGeometry dense_geometry(const Binding& b);

/// The weights as (out, in), alpha included.
core::Matrix<float> dense_weights(const Binding& b, const DenseGeometry& g);
/// One bias an output, beta included; empty where there is none. Fails where it isn't a constant of one
/// number, or one an output.
std::vector<float> dense_bias(const Binding& b, const DenseGeometry& g);

}  // namespace mho::network
