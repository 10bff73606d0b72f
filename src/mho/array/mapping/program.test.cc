// Every cell is given the target of its own weight, wherever it lies and whoever lies beside it.

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "mho/array/mapping/coding.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "random_matrix.h"

namespace mho::array {
namespace {

/// The block-diagonal matrix, zeros and all.
core::Matrix<float> dense(const core::Matrix<float>& groups, std::size_t count) {
  const std::size_t outputs = groups.rows / count;
  core::Matrix<float> w(groups.rows, count * groups.cols);
  for (std::size_t j = 0; j < groups.rows; ++j) {
    for (std::size_t i = 0; i < groups.cols; ++i) w(j, j / outputs * groups.cols + i) = groups(j, i);
  }
  return w;
}

/// Cells of an ideal array are their targets: those of target(), which knows one weight at a time.
void expect_targets(const ProgrammedMatrix& m, const core::Matrix<float>& w,
                    const std::vector<double>& ranges) {
  for (const Block& block : m.blocks) {
    const Part rows = m.row_parts[block.row_part], cols = m.col_parts[block.col_part];
    ASSERT_EQ(block.plus.g.rows, rows.size);
    ASSERT_EQ(block.plus.g.cols, m.unit_columns() + cols.size);
    for (std::size_t i = 0; i < rows.size; ++i) {
      if (m.unit_columns() > 0) {
        EXPECT_EQ(block.plus.g(i, 0), static_cast<float>(target(m.code, 0, block.slice).plus));
      }
      for (std::size_t j = 0; j < cols.size; ++j) {
        const float weight = w(cols.first + j, rows.first + i);
        const double given =
            ranges.size() == 1 ? weight : static_cast<float>(weight / ranges[cols.first + j]);
        const Target wanted = target(m.code, given, block.slice);
        ASSERT_EQ(block.plus.g(i, m.unit_columns() + j), static_cast<float>(wanted.plus)) << i << ' ' << j;
        if (m.differential()) {
          ASSERT_EQ(block.minus.g(i, j), static_cast<float>(wanted.minus));
        }
      }
    }
  }
}

TEST(Program, WritesTheTargetOfEveryWeightAndZeroBetweenGroups) {
  for (const Scheme scheme :
       {Scheme::differential, Scheme::differential_two_sided, Scheme::offset, Scheme::offset_unit_column}) {
    for (const int bits : {0, 2, 8, 12}) {
      for (const bool per_column : {false, true}) {
        for (const std::size_t groups : {1, 5}) {
          Settings s;
          s.mapping.scheme = scheme;
          s.mapping.weight_bits = bits;
          s.mapping.slices = bits > 0 ? 2 : 1;
          s.mapping.range_per_column = per_column;
          s.mapping.weight_range = {.kind = WeightRange::Kind::quantile, .value = 0.9};  // clips some
          s.array.rows = 150;
          s.array.cols = 12;
          const auto w = tests::random_matrix(40, groups == 1 ? 170 : 70, "weights");
          const auto m = program(w.view(), s, {}, {}, groups);
          expect_targets(*m, dense(w, groups), weight_ranges(s.mapping, w.view()));
        }
      }
    }
  }
}

}  // namespace
}  // namespace mho::array
