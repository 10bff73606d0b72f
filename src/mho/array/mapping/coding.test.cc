// Weights, inputs and partitions are written so that what they stand for can be read back.

#include "mho/array/mapping/coding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "mho/array/calibration/calibration.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/core/error.h"
#include "mho/core/random.h"

namespace mho::array {
namespace {

TEST(Partition, IsNeverLargerThanTheArray) {
  for (std::size_t n = 1; n < 400; n += 7) {
    for (const std::size_t max : {1, 2, 63, 64, 128}) {
      for (const Partition how : {Partition::even, Partition::fill}) {
        const auto parts = partition(n, max, how);
        EXPECT_EQ(parts.size(), (n + max - 1) / max);
        std::size_t next = 0;
        for (const Part& p : parts) {
          EXPECT_EQ(p.first, next);
          EXPECT_GE(p.size, 1u);
          EXPECT_LE(p.size, max);
          next += p.size;
        }
        EXPECT_EQ(next, n);
        const std::size_t spread = parts.front().size - parts.back().size;
        EXPECT_TRUE(how == Partition::fill || spread <= 1);
      }
    }
  }
  EXPECT_EQ(partition(1145, 128, Partition::even).front().size, 128u);
  EXPECT_EQ(partition(200, 64, Partition::fill).back().size, 8u);
  EXPECT_TRUE(partition(0, 64, Partition::even).empty());
}

/// The weight that cells of every slice stand for.
double decoded(const WeightCode& code, double weight) {
  double sum = 0;
  for (int i = 0; i < code.slices; ++i) {
    const Target t = target(code, weight, i), zero = target(code, 0, i);
    const double q = is_differential(code.scheme)                ? t.plus - t.minus
                     : code.scheme == Scheme::offset_unit_column ? t.plus - zero.plus
                                                                 : t.plus;
    sum += code.slice_scale[i] * q;
  }
  return (sum - code.sum_scale) * code.weight_max;
}

// For every scheme, number of bits and slices: targets lie in the cell's range and decode to the weight
// rounded to its bits.
TEST(WeightCode, DecodesToTheRoundedWeight) {
  for (const Scheme scheme :
       {Scheme::differential, Scheme::differential_two_sided, Scheme::offset, Scheme::offset_unit_column}) {
    for (const int bits : {0, 2, 3, 8, 11, 16}) {
      for (int slices = 1; slices <= (bits == 0 ? 1 : bits); ++slices) {
        Settings s;
        s.mapping.scheme = scheme;
        s.mapping.weight_bits = bits;
        s.mapping.slices = slices;
        const WeightCode code = weight_code(s, 0.7);
        for (int step = 0; step < 49; ++step) {
          const double w = -0.9 + 0.037 * step;
          const double clipped = std::clamp(w, -0.7, 0.7);
          const double full = std::ldexp(1.0, bits - 1) - 1;
          const double rounded = bits == 0 ? clipped : std::nearbyint(clipped / 0.7 * full) / full * 0.7;
          EXPECT_NEAR(decoded(code, w), rounded, 1e-12)
              << int(scheme) << " " << bits << " bits in " << slices << " slices: " << w;
          for (int i = 0; i < slices; ++i) {
            const Target t = target(code, w, i);
            const float one[] = {static_cast<float>(w)};
            float plus = 0, minus = 0;
            targets(code, one, i, {&plus, 1}, {&minus, 1});
            const Target of_float = target(code, one[0], i);
            EXPECT_EQ(plus, static_cast<float>(of_float.plus));
            EXPECT_EQ(minus, is_differential(scheme) ? static_cast<float>(of_float.minus) : 0);
            for (const double g : {t.plus, is_differential(scheme) ? t.minus : t.plus}) {
              EXPECT_GE(g, s.cell.g_off() - 1e-12);
              EXPECT_LE(g, 1 + 1e-12);
            }
          }
        }
      }
    }
  }
}

// Input slices, weighted as they are accumulated, add up to the rounded input.
TEST(InputCode, SlicesAddUpToTheInput) {
  for (const bool is_signed : {false, true}) {
    for (int bits = is_signed ? 2 : 1; bits <= 12; ++bits) {
      for (int slice = 0; slice <= bits + 1; ++slice) {
        Input input;
        input.bits = bits;
        input.slice_bits = slice;
        const InputCode code = input_code(input, 2, is_signed);
        for (const double x : {-3.0, -2.0, -0.77, 0.0, 0.3, 1.11, 2.0, 5.0}) {
          double sum = 0;
          for (int k = 0; k < code.slices; ++k) {
            sum += code.slice_weight(k) * input_digit(code, input_level(code, x), k);
          }
          EXPECT_NEAR(sum, input_value(code, x), 1e-12) << bits << " bits, slices of " << slice;
          EXPECT_LE(std::abs(sum * 2 - std::clamp(x, is_signed ? -2.0 : 0.0, 2.0)),
                    1 / (std::ldexp(1.0, code.magnitude_bits) - 1) + 1e-12);
        }
      }
    }
  }
}

TEST(Quantile, InterpolatesBetweenNeighbours) {
  std::vector<double> v{4, 1, 3, 2};
  EXPECT_EQ(quantile(v, 0), 1);
  EXPECT_EQ(quantile(v, 1), 4);
  EXPECT_DOUBLE_EQ(quantile(v, 0.5), 2.5);
  EXPECT_NEAR(quantile(v, 0.99), 3.97, 1e-12);
}

TEST(WeightRange, IsTheLargerOfBothTails) {
  core::Matrix<float> w(1, 101);
  for (int i = 0; i <= 100; ++i) w(0, i) = static_cast<float>(i - 70);  // -70 … 30
  EXPECT_EQ(weight_range({}, w.view()), 70);
  EXPECT_NEAR(weight_range({.kind = WeightRange::Kind::quantile, .value = 0.99}, w.view()), 69, 1e-9);
  EXPECT_EQ(weight_range({.kind = WeightRange::Kind::value, .value = 0.25}, w.view()), 0.25);
  EXPECT_EQ(weight_range({}, core::Matrix<float>(2, 2).view()), 1) << "zeros have no range: any will do";
  core::Matrix<float> sparse(1, 300);
  sparse(0, 7) = -3;
  EXPECT_EQ(weight_range({.kind = WeightRange::Kind::quantile, .value = 0.99}, sparse.view()), 3)
      << "a quantile of zero is no range";
}

TEST(Footprint, CountsArraysAndTheCellsInUse) {
  Settings s;
  s.array.rows = 64;
  s.array.cols = 128;
  const Footprint pairs = footprint(100, 200, s);  // 4 row parts, 1 column part, 2 polarities
  EXPECT_EQ(pairs.arrays, 8u);
  EXPECT_DOUBLE_EQ(pairs.utilization, 200.0 * 100 / (4 * 64 * 128));
  s.mapping.scheme = Scheme::offset_unit_column;
  s.mapping.slices = 2;
  const Footprint unit = footprint(128, 64, s);  // 127 outputs and the unit column, then one and another
  EXPECT_EQ(unit.arrays, 4u);
  EXPECT_DOUBLE_EQ(unit.utilization, 64.0 * (128 + 2) / (2 * 64 * 128));
}

// Sketches that were filled in any way and merged say the same.
TEST(Distribution, DoesNotDependOnWhoCounted) {
  std::vector<float> values(200'000);
  core::fill_normal(core::random_key({.purpose = "test"}), 0, 0, values);
  const std::span<const float> all(values);
  Distribution one, other, parts[7];
  one.add(all);
  for (std::size_t i = 0; i < values.size(); i += 100) parts[i / 100 % 7].add(all.subspan(i, 100));
  for (int i = 6; i >= 0; --i) other.merge(parts[i]);
  for (const double p : {0.0, 0.0001, 0.3, 0.5, 0.9998, 1.0}) {
    EXPECT_EQ(one.quantile(p), other.quantile(p));
    EXPECT_EQ(one.quantile_of_magnitude(p), other.quantile_of_magnitude(p));
  }
  // A bin is 2^-9 of its value wide; the quantiles of a sample of n have a standard error of
  // sqrt(p(1-p)/n)/density(p).
  EXPECT_NEAR(one.quantile(0.8413), 1.0, 1.0 / 512 + 4 * std::sqrt(0.8413 * 0.1587 / 200'000) / 0.242);
  EXPECT_EQ(one.count(), 200'000u);
}

TEST(Distribution, IsExactForFewNumbers) {
  Distribution d;
  const float values[] = {-5, 1, 2, 3};
  d.add(values);
  EXPECT_DOUBLE_EQ(d.quantile(0.5), 1.5);
  EXPECT_DOUBLE_EQ(d.quantile_of_magnitude(1), 5);
  EXPECT_DOUBLE_EQ(d.quantile(0), -5);
}

}  // namespace
}  // namespace mho::array
