// Which executor computes: the one place that knows them all.

#include "mho/array/fast_product.h"
#include "mho/array/product.h"
#include "mho/array/programmed_matrix.h"
#include "mho/array/reference.h"
#include "mho/array/wire_folding.h"
#include "mho/core/isa.h"

namespace mho::array {

std::unique_ptr<Product> make_product(std::shared_ptr<const ProgrammedMatrix> matrix,
                                      std::vector<std::int64_t> row_offsets, Direction direction,
                                      const std::optional<Ranges>& ranges, std::size_t vectors) {
  if (core::current_isa() != core::Isa::reference && wires_fold(*matrix) &&
      vectors >= solutions_to_fold(*matrix)) {
    matrix = matrix->folded.value([&] { return with_wires_folded(*matrix); });
  }
  const Ranges chosen = ranges ? *ranges : matrix->ranges;
  if (auto fast = make_fast_product(matrix, row_offsets, direction, chosen, core::current_isa())) return fast;
  return make_reference_product(std::move(matrix), std::move(row_offsets), direction, chosen);
}

}  // namespace mho::array
