#pragma once
// The three kernels of a tile: what one vector-matrix product, one transposed product and one rank-1
// update cost on one array with one cell a weight.

#include <cstddef>

#include "mho/hardware/cost.h"
#include "mho/hardware/design.h"

namespace mho::hardware {

enum class Kernel { vmm, mvm, opu };
std::string_view name(Kernel kernel);

/// The part of an array that is in use; wires are as long as the whole array.
struct Region {
  std::size_t rows = 0;
  std::size_t cols = 0;
};

/// Cost of one kernel on one array of size `whole`, of which `used` holds weights. Area is the whole array's
/// with the periphery that the kernel needs. Throws InvalidInput where the tile has no such kernel.
Cost kernel_cost(const Design& design, Kernel kernel, Region whole, Region used, const Activity& activity);
/// Of a whole array of the design with one cell a weight, with the design's activity.
Cost kernel_cost(const Design& design, Kernel kernel);

/// Time between two vectors where they follow each other: shorter than the latency where the tile
/// converts one while it applies the next.
double cycle_time(const Design& design, const Cost& read);

}  // namespace mho::hardware
