// Which executor computes: the one place that knows them all.

#include "mho/array/executors/fast_product.h"
#include "mho/array/executors/live_product.h"
#include "mho/array/executors/reference.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/column_scale.h"
#include "mho/array/reading/product.h"
#include "mho/array/wires/wire_folding.h"
#include "mho/core/error.h"
#include "mho/core/isa.h"

namespace mho::array {
namespace {

std::unique_ptr<Product> unscaled(std::shared_ptr<const ProgrammedMatrix> matrix,
                                  std::vector<std::int64_t> row_offsets, Direction direction,
                                  const Ranges& ranges, std::size_t vectors) {
  if (core::current_isa() != core::Isa::reference && wires_fold(*matrix) &&
      vectors >= solutions_to_fold(*matrix)) {
    matrix = matrix->folded.value([&] { return with_wires_folded(*matrix); });
  }
  if (auto fast = make_fast_product(matrix, row_offsets, direction, ranges, core::current_isa())) return fast;
  if (core::current_isa() != core::Isa::reference) {
    if (auto live = make_live_product(matrix, row_offsets, direction, ranges)) return live;
  }
  return make_reference_product(std::move(matrix), std::move(row_offsets), direction, ranges);
}

}  // namespace

std::unique_ptr<Product> make_product(std::shared_ptr<const ProgrammedMatrix> matrix,
                                      std::vector<std::int64_t> row_offsets, Direction direction,
                                      const std::optional<Ranges>& ranges, std::size_t vectors) {
  const bool scaled = !matrix->column_scale.empty();
  if (scaled && direction == Direction::transposed) {
    throw core::InvalidInput(
        "mapping.weight_range_per = \"column\" has no transpose: the columns would be driven with inputs of "
        "different scales; must be \"matrix\"");
  }
  auto product =
      unscaled(matrix, std::move(row_offsets), direction, ranges ? *ranges : matrix->ranges, vectors);
  return scaled ? with_columns_scaled(std::move(product), matrix->column_scale) : std::move(product);
}

}  // namespace mho::array
