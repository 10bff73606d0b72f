// The plain executor answers what the equations say, checked against sums written out by hand.

#include "mho/array/reference.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mho/array/product.h"
#include "mho/array/programmed_matrix.h"
#include "mho/core/error.h"
#include "mho/core/random.h"

namespace mho::array {
namespace {

core::Matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::string_view purpose) {
  core::Matrix<float> m(rows, cols);
  core::fill_uniform(core::random_key({.purpose = purpose}), 0, 0, m.elements);
  for (float& x : m.elements) x = 2 * x - 1;
  return m;
}

/// Continuous weights and inputs, no converter.
Settings ideal() {
  Settings s;
  s.mapping.weight_bits = 0;
  s.input.bits = 0;
  s.adc.kind = AdcKind::ideal;
  return s;
}

core::Matrix<float> answer(const core::Matrix<float>& w, const core::Matrix<float>& x, const Settings& s,
                           const Ranges& ranges, Direction direction = Direction::forward) {
  const auto matrix = program(w.view(), s, ranges, {});
  const auto product = make_reference_product(matrix, {}, direction, ranges);
  core::Matrix<float> y(x.rows, direction == Direction::forward ? w.rows : w.cols);
  vmm(*product, x.view(), y.view());
  return y;
}

double largest_error(const core::Matrix<float>& y, const core::Matrix<float>& w, const core::Matrix<float>& x,
                     Direction direction = Direction::forward) {
  double worst = 0;
  for (std::size_t v = 0; v < y.rows; ++v) {
    for (std::size_t j = 0; j < y.cols; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < x.cols; ++i) {
        sum += double{x(v, i)} * (direction == Direction::forward ? w(j, i) : w(i, j));
      }
      worst = std::max(worst, std::abs(sum - y(v, j)));
    }
  }
  return worst;
}

// Without errors every scheme is a way to write the same product, forward and transposed, in one array or
// in many.
TEST(Reference, EveryIdealSchemeIsTheProduct) {
  const auto w = random_matrix(13, 29, "weights"), x = random_matrix(4, 29, "inputs");
  const auto xt = random_matrix(4, 13, "inputs");
  for (const Scheme scheme :
       {Scheme::differential, Scheme::differential_two_sided, Scheme::offset, Scheme::offset_unit_column}) {
    for (const std::size_t size : {0, 5}) {
      Settings s = ideal();
      s.mapping.scheme = scheme;
      s.array.rows = s.array.cols = size;
      const Ranges ranges{.input = 1, .input_signed = true, .adc = {}};
      // float32 conductances: 2^-24 of each, 29 terms, over the span 0.9/2 of offset weights
      EXPECT_LT(largest_error(answer(w, x, s, ranges), w, x), 29 * 0x1p-24 * 4) << int(scheme);
      EXPECT_LT(largest_error(answer(w, xt, s, ranges, Direction::transposed), w, xt, Direction::transposed),
                13 * 0x1p-24 * 4)
          << int(scheme);
    }
  }
}

}  // namespace
}  // namespace mho::array
