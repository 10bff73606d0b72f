#pragma once
// LSTM, GRU and RNN: a step of a plan that asks its recurrent weights once a time step.
//
// ONNX gives such a node W, R and B of all directions. Lowering makes of each direction
//
//   projected = MatMul(X, W^T) + bias        one layer with weights, read for all time steps
//   Y, Y_h, Y_c = LSTM(projected, h_0, c_0)  with inner layers that it reads at every step: h·R^T
//
// so that both matrices are ordinary layers with weights, wherever such layers are counted, calibrated or
// put on arrays. Formulas: https://onnx.ai/onnx/operators/onnx__LSTM.html, …GRU.html, …RNN.html.

#include <string_view>

#include "mho/network/graph/graph.h"

namespace mho::network {

/// LSTM, GRU or RNN.
bool is_recurrent(std::string_view op);

/// Lowers every recurrent node, in place. Throws core::InvalidInput that names the node and what of it isn't
/// supported: weights that are computed, sequence lengths, peepholes, other activations, clipping,
/// layout = 1.
void lower_recurrent(Graph& graph);

}  // namespace mho::network
