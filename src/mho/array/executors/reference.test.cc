// The plain executor answers what the equations say, checked against sums written out by hand.

#include "mho/array/executors/reference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/core/error.h"
#include "mho/core/random.h"
#include "random_matrix.h"

namespace mho::array {
namespace {

using tests::random_matrix;

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

// One cell, one row, one column, infinite on/off ratio: nothing about a product needs size.
TEST(Reference, TheSmallestMatricesAreProductsToo) {
  const auto study = [](const char* toml) {
    auto config = core::Config::from_text(toml, "study");
    const Settings s = read_settings(config);
    config.finish();
    return s;
  };
  const Settings s = study(
      "[device]\non_off_ratio = inf\n[array]\nrows = 1\ncols = 1\n[mapping]\nweight_bits = 0\n"
      "[input]\nbits = 0\n[adc]\nkind = \"ideal\"");
  for (const auto& [out, in] : {std::pair<int, int>{1, 1}, {1, 7}, {7, 1}}) {
    const auto w = random_matrix(out, in, "weights"), x = random_matrix(3, in, "inputs");
    EXPECT_LT(largest_error(answer(w, x, s, {.input = 1, .input_signed = true, .adc = {}}), w, x),
              7 * 0x1p-23);
  }
}

TEST(Reference, AnEmptyBatchHasAnEmptyAnswer) {
  const auto w = random_matrix(3, 4, "weights");
  const core::Matrix<float> x(0, 4);
  EXPECT_EQ(answer(w, x, ideal(), {}).elements.size(), 0u);
}

TEST(Reference, WeightsThatAreNoNumbersAreRefusedByName) {
  auto w = random_matrix(3, 4, "weights");
  w(1, 2) = std::numeric_limits<float>::quiet_NaN();
  try {
    program(w.view(), ideal(), {}, {.layer = "conv1"});
    FAIL();
  } catch (const core::InvalidInput& error) {
    EXPECT_EQ(std::string(error.what()), "conv1: weight [1, 2] is nan: weights must be finite numbers");
  }
}

TEST(Reference, ZeroWeightsAndZeroInputsAnswerZero) {
  const core::Matrix<float> w(3, 4), x(2, 4);
  for (const float y : answer(w, x, ideal(), {}).elements) EXPECT_EQ(y, 0);
}

/// A study's settings with one section of TOML.
Settings settings_of(const std::string& toml) {
  auto config = core::Config::from_text(toml, "study");
  const Settings s = read_settings(config);
  config.finish();
  return s;
}

// A column that may carry no more than its limit carries that, before the other of a pair is subtracted.
TEST(Reference, TheLimitHoldsForEveryPhysicalColumn) {
  core::Matrix<float> w(1, 2), x(1, 2, 1.0f);
  w(0, 0) = 1;
  w(0, 1) = -0.5f;
  Settings s = ideal();
  s.array.column_current_limit = 0.8;
  // On/off 10: I+ = 1 + 0.1, clipped to 0.8; I- = 0.1 + 0.55 = 0.65; over the span 0.9.
  EXPECT_NEAR(answer(w, x, s, {})(0, 0), (0.8 - 0.65) / 0.9, 1e-6);
  s.mapping.interleaved = true;  // the common column carries 1.1 - 0.65
  EXPECT_NEAR(answer(w, x, s, {})(0, 0), 0.5, 1e-6);
}

// Fresh noise of independent cells: the variance of a column's current is Σ x²σ², and in bit-serial reading
// every slice adds its own with the square of its weight.
TEST(Reference, ReadNoiseIsFreshAtEveryRead) {
  for (const char* slice : {"0", "1"}) {
    const Settings s = settings_of(
        std::string(
            "[device]\ncard = \"state-independent\"\nprogramming_error = false\nreading.scale = 0.02\n"
            "on_off_ratio = 10\n[mapping]\nscheme = \"offset\"\nweight_bits = 0\n[input]\nbits = 2\n"
            "signed = false\nslice_bits = ") +
        slice + "\n[adc]\nkind = \"ideal\"");
    ASSERT_TRUE(s.cell.has_read_noise());
    const int inputs = 5, batch = 4000;
    const core::Matrix<float> w(2, inputs), x(batch, inputs, 1.0f);  // level 3 of 3
    const auto y = answer(w, x, s, {.input = 1, .input_signed = false, .adc = {}});
    double sum = 0, square = 0, product = 0;
    for (int v = 0; v < batch; ++v) {
      sum += y(v, 0);
      square += y(v, 0) * y(v, 0);
      product += y(v, 0) * y(v, 1);
    }
    // Digits 1 and 1 weigh 1/3 and 2/3: the variance is 5/9 of that of one read with x = 1.
    const double slices = *slice == '1' ? 5.0 / 9 : 1;
    const double sigma = 0.02 * std::sqrt(inputs * slices) * 2 / 0.9;
    EXPECT_NEAR(sum / batch, 0, 4 * sigma / std::sqrt(batch));
    EXPECT_NEAR(square / batch, sigma * sigma, 4 * sigma * sigma * std::sqrt(2.0 / batch));
    EXPECT_NEAR(product / batch, 0, 4 * sigma * sigma / std::sqrt(batch))
        << "cells of two columns share noise";
  }
}

// Programming happens once: two batches see the same chip, another trial another one.
TEST(Reference, ProgrammingIsOnceAChip) {
  const Settings s = settings_of(
      "[device]\ncard = \"state-proportional\"\n[mapping]\nweight_bits = 0\n[input]\nbits = 0\n[adc]\n"
      "kind = \"ideal\"");
  const auto w = random_matrix(6, 9, "weights");
  const auto first = program(w.view(), s, {}, {.seed = 3, .trial = 1});
  const auto again = program(w.view(), s, {}, {.seed = 3, .trial = 1});
  const auto other = program(w.view(), s, {}, {.seed = 3, .trial = 2});
  EXPECT_EQ(first->blocks[0].plus.g.elements, again->blocks[0].plus.g.elements);
  EXPECT_NE(first->blocks[0].plus.g.elements, other->blocks[0].plus.g.elements);
  EXPECT_NE(first->blocks[0].plus.g.elements, first->blocks[0].minus.g.elements);
}

// Cells that bend answer g·x + second·x² + third·x³, interleaved pairs with the minus cell at -x.
TEST(Reference, NonlinearCellsBend) {
  for (const bool interleaved : {false, true}) {
    Settings s = settings_of(
        "[device]\ncard = \"cubic\"\n[mapping]\nweight_bits = 0\n[input]\nbits = 0\n[adc]\n"
        "kind = \"ideal\"");
    s.mapping.interleaved = interleaved;
    ASSERT_TRUE(s.cell.is_nonlinear());
    core::Matrix<float> w(1, 1, 0.5f), x(1, 1, -0.8f);
    s.mapping.weight_range = {.kind = WeightRange::Kind::value, .value = 1};
    const double r = 1 - s.cell.g_off();
    const float g[2] = {static_cast<float>(s.cell.g_off() + r / 2), static_cast<float>(s.cell.g_off())};
    float second[2], third[2];
    s.cell.nonlinearity(g, second, third);
    const auto current = [&](int cell, double v) {
      return g[cell] * v + second[cell] * v * v + third[cell] * v * v * v;
    };
    const double wanted =
        interleaved ? current(0, -0.8) + current(1, 0.8) : current(0, -0.8) - current(1, -0.8);
    ASSERT_NE(third[0], 0);
    EXPECT_NEAR(answer(w, x, s, {.input = 1, .input_signed = true, .adc = {}})(0, 0), wanted / r, 1e-6);
  }
}

// Every physical column of every array and input slice is converted once, both of a pair where the
// subtraction is digital, and the unit column as well.
TEST(Reference, CountsConversions) {
  const auto w = random_matrix(5, 9, "weights"), x = random_matrix(4, 9, "inputs");
  const auto conversions = [&](const Settings& s) {
    const Ranges ranges{.input = 1, .input_signed = true, .adc = {}};
    const auto product =
        make_reference_product(program(w.view(), s, ranges, {}), {}, Direction::forward, ranges);
    core::Matrix<float> y(4, 5);
    Tally tally;
    vmm(*product, x.view(), y.view(), &tally);
    return tally.conversions;
  };
  Settings s = settings_of("[adc]\nrange = \"max\"\n[array]\nrows = 4\ncols = 3");
  EXPECT_EQ(conversions(s), 4u * 5 * 3);  // three row parts
  s.mapping.subtract = Subtract::digital;
  EXPECT_EQ(conversions(s), 4u * 5 * 3 * 2);
  s.mapping.scheme = Scheme::offset_unit_column;
  EXPECT_EQ(conversions(s), 4u * (5 + 3) * 3);  // two outputs an array: three column parts
  s.input.slice_bits = 1;
  EXPECT_EQ(conversions(s), 4u * (5 + 3) * 3 * 7);
  s.adc.per_input_slice = false;
  EXPECT_EQ(conversions(s), 4u * (5 + 3) * 3);
}

// Without calibration a calibrated converter can't answer; it says so instead of answering.
TEST(Reference, MissingRangesAreNoticed) {
  const auto w = random_matrix(2, 2, "weights"), x = random_matrix(1, 2, "inputs");
  EXPECT_THROW(answer(w, x, Settings{}, {}), std::logic_error);
}

}  // namespace
}  // namespace mho::array
