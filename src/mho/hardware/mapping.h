#pragma once
// How the matrix of a layer falls into arrays, and how many copies of it the chip gets.

#include <cstddef>
#include <vector>

#include "mho/hardware/design.h"
#include "mho/hardware/kernels.h"
#include "mho/hardware/layer_shape.h"

namespace mho::hardware {

/// Arrays of a layer that hold parts of the same size.
struct Part {
  Region used;
  double count = 1;
};

struct Placement {
  Region whole;             ///< size of its arrays
  std::vector<Part> parts;  ///< at most four sizes
  double row_parts = 1;     ///< arrays whose partial sums add up to one output
  double col_parts = 1;     ///< arrays that read the same input
  double arrays = 0;        ///< physical arrays of one copy, those of the other sign included
  double utilization = 0;   ///< cells that hold weights of the network over cells there
};

/// Places one copy. Groups of a grouped convolution lie on the diagonal of an array as long as they fit.
Placement place(const Design& design, const LayerShape& layer);

/// Copies of each layer so that the slowest is as fast as `arrays` allow: the smallest number of steps T
/// with Σ ceil(positions/T)·arrays_l ≤ arrays. Layers that don't count have no positions.
std::vector<double> copies_for(const std::vector<double>& positions,
                               const std::vector<double>& arrays_of_copy, double arrays);

}  // namespace mho::hardware
