#pragma once
// The fast executor: static effects folded into matrices, SIMD products with the conversion in registers.

#include <cstdint>
#include <memory>
#include <vector>

#include "mho/array/reading/product.h"
#include "mho/core/isa.h"

namespace mho::array {

/// Null where the matrix needs what only the plain executor does: nonlinear cells, or wires that are not
/// folded.
std::unique_ptr<Product> make_fast_product(const std::shared_ptr<const ProgrammedMatrix>& matrix,
                                           const std::vector<std::int64_t>& row_offsets, Direction direction,
                                           const Ranges& ranges, core::Isa isa);

}  // namespace mho::array
