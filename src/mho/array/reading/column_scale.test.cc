// A range for every output: what leaves the arrays is what each row of the matrix would give by itself.

#include "mho/array/reading/column_scale.h"
#include "mho/array/reading/product.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mho/array/mapping/programmed_matrix.h"
#include "mho/core/config.h"
#include "mho/core/error.h"
#include "mho/core/random.h"
#include "random_matrix.h"

namespace mho::array {
namespace {

using tests::random_matrix;

class EveryScheme : public testing::TestWithParam<Scheme> {};

// Rows that differ in size by powers of four keep the relative precision that each would have alone.
TEST_P(EveryScheme, AColumnAnswersAsIfItWereAlone) {
  constexpr std::size_t kOut = 6, kIn = 30, kVectors = 5;
  auto w = random_matrix(kOut, kIn, "weights");
  for (std::size_t j = 0; j < kOut; ++j) {
    for (float& weight : w.row(j)) weight = std::ldexp(weight, -2 * static_cast<int>(j));
  }
  const auto x = random_matrix(kVectors, kIn, "inputs");
  const Ranges ranges{.input = 1, .input_signed = true, .adc = {{-20, 40}}};
  Settings s;
  s.mapping.scheme = GetParam();
  s.mapping.range_per_column = true;
  core::Matrix<float> all(kVectors, kOut), alone(kVectors, 1);
  vmm(*make_product(program(w.view(), s, ranges, {})), x.view(), all.view());
  s.mapping.range_per_column = false;
  for (std::size_t j = 0; j < kOut; ++j) {
    vmm(*make_product(program(w.view().block(j, 0, 1, kIn), s, ranges, {})), x.view(), alone.view());
    for (std::size_t v = 0; v < kVectors; ++v)
      EXPECT_NEAR(all(v, j), alone(v, 0), 1e-5 * std::ldexp(1.0, -2 * static_cast<int>(j)));
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryScheme,
                         testing::Values(Scheme::differential, Scheme::differential_two_sided, Scheme::offset,
                                         Scheme::offset_unit_column));

TEST(ColumnScale, HasNoTranspose) {
  Settings s;
  s.mapping.range_per_column = true;
  const auto matrix = program(random_matrix(3, 4, "weights").view(), s, {.input = 1, .adc = {{-1, 1}}}, {});
  EXPECT_THROW(make_product(matrix, {}, Direction::transposed), core::InvalidInput);
}

TEST(ColumnScale, ARangeThatIsGivenIsForAllColumns) {
  auto study = core::Config::from_text(
      "[device]\ncard = \"ideal\"\n[mapping]\nweight_range = 0.5\nweight_range_per = \"column\"", "s.toml");
  read_settings(study);
  EXPECT_THROW(study.finish(), core::InvalidInput);
}

}  // namespace
}  // namespace mho::array
