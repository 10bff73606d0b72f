#pragma once
// What the hardware must know of a network's layer: the matrix, how often it is used, what it reads.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "mho/hardware/design.h"

namespace mho::hardware {

/// A convolution or dense layer, as matrices of `groups` blocks, each (out/groups) × in.
struct LayerShape {
  std::string name;
  std::string kind = "dense";  ///< "conv" or "dense"
  std::size_t in = 0;          ///< inputs of one output: rows of one group's matrix
  std::size_t out = 0;         ///< outputs of all groups
  std::size_t groups = 1;
  std::size_t positions = 1;  ///< vectors per image: output pixels
  bool sequential = false;    ///< each vector needs the answer to the one before: a recurrent matrix
  double fresh_inputs = 0;    ///< inputs of a vector that the one before did not have; 0: all of them
  bool first = false;         ///< reads the image: its transposed product is not needed in training
  bool analog = true;         ///< false: on the digital unit (depthwise = "digital")
  Activity activity;          ///< measured in this layer
  std::shared_ptr<const Design> design;  ///< its arrays, where they are its own; null: as the chip's

  double weights() const { return static_cast<double>(in) * static_cast<double>(out); }
  double macs() const { return weights() * static_cast<double>(positions); }
};

struct NetworkTotals {
  double conv_weights = 0, conv_macs = 0, dense_weights = 0, dense_macs = 0;
  std::size_t conv_layers = 0, dense_layers = 0;
};
NetworkTotals totals_of(const std::vector<LayerShape>& layers);

}  // namespace mho::hardware
