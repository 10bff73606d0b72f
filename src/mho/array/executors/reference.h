#pragma once
// The plain executor: float64, one equation a line, every cell read by itself. The oracle of the fast ones.

#include <cstdint>
#include <memory>
#include <vector>

#include "mho/array/reading/product.h"

namespace mho::array {

std::unique_ptr<Product> make_reference_product(std::shared_ptr<const ProgrammedMatrix> matrix,
                                                std::vector<std::int64_t> row_offsets, Direction direction,
                                                const Ranges& ranges);

}  // namespace mho::array
