#pragma once
// The executor that reads one vector at a time from the cells where they lie (live_reader.h): for ranges that
// follow each vector, and the same code that training reads with.

#include <memory>
#include <vector>

#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"

namespace mho::array {

/// Null where wires have resistance or cells bend.
std::unique_ptr<Product> make_live_product(const std::shared_ptr<const ProgrammedMatrix>& matrix,
                                           std::vector<std::int64_t> row_offsets, Direction direction,
                                           const Ranges& ranges);

/// Every read is a product with a matrix that holds still, but for noise that adds up at the outputs.
bool is_a_product(const ProgrammedMatrix& matrix);

}  // namespace mho::array
