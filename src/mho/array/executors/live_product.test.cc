// Ranges that follow each vector: full scale is the largest magnitude there is, written out for one array.

#include "mho/array/executors/live_product.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mho/array/executors/reference.h"
#include "mho/core/parallel.h"
#include "random_matrix.h"

namespace mho::array {
namespace {

using tests::random_matrix;

constexpr std::size_t kOut = 5, kIn = 12, kVectors = 7;

/// One array of pairs with continuous weights of at most 1: y = Σ w·x before its conversion.
Settings plain_pairs() {
  Settings s;
  s.mapping.weight_bits = 0;
  s.mapping.weight_range = {WeightRange::Kind::value, 1};
  s.input.range = Input::Range::automatic;
  s.adc.range = Adc::Range::automatic;
  s.adc.bits = 6;
  return s;
}

core::Matrix<float> small_weights() {
  auto w = random_matrix(kOut, kIn, "weights");
  for (float& v : w.elements) v = std::clamp(0.3f * v, -1.0f, 1.0f);
  return w;
}

double rounded(double v, double steps) { return std::nearbyint(v * steps) / steps; }

TEST(AutomaticRanges, AreTheLargestMagnitudeOfEachVectorAndOfItsCurrents) {
  const auto w = small_weights();
  auto x = random_matrix(kVectors, kIn, "inputs");
  for (std::size_t v = 0; v < kVectors; ++v) {
    for (float& value : x.row(v)) value = std::ldexp(value, static_cast<int>(3 * v) - 9);  // of any size
  }
  const Settings s = plain_pairs();
  const auto matrix = program(w.view(), s, {.input_signed = true, .adc = {}}, {});
  core::Matrix<float> y(kVectors, kOut);
  vmm(*make_live_product(matrix, {}, Direction::forward, matrix->ranges), x.view(), y.view());
  for (std::size_t v = 0; v < kVectors; ++v) {
    double full = 0, largest = 0;
    for (const float value : x.row(v)) full = std::max(full, std::abs(double{value}));
    std::vector<double> sum(kOut);
    for (std::size_t j = 0; j < kOut; ++j) {
      for (std::size_t i = 0; i < kIn; ++i) sum[j] += w(j, i) * rounded(x(v, i) / full, 127);
      largest = std::max(largest, std::abs(sum[j]));
    }
    for (std::size_t j = 0; j < kOut; ++j) {
      // 63 steps from -1 to 1: levels at odd multiples of 1/63.
      const double code = std::nearbyint((sum[j] / largest + 1) * 31.5) / 31.5 - 1;
      EXPECT_NEAR(y(v, j), code * largest * full, 1e-5 * largest * full) << v << " " << j;
    }
  }
}

TEST(AutomaticRanges, OfCurrentsThatCannotBeNegativeBeginAtZero) {
  Settings s = plain_pairs();
  s.mapping.scheme = Scheme::offset;
  const auto w = small_weights();
  auto x = random_matrix(kVectors, kIn, "inputs");
  for (float& v : x.elements) v = std::abs(v);
  const auto matrix = program(w.view(), s, {.input_signed = false, .adc = {}}, {});
  core::Matrix<float> y(kVectors, kOut);
  vmm(*make_live_product(matrix, {}, Direction::forward, matrix->ranges), x.view(), y.view());
  const double g_off = 0.1, r = 0.9;
  for (std::size_t v = 0; v < kVectors; ++v) {
    double full = 0, largest = 0, all = 0;
    for (const float value : x.row(v)) full = std::max(full, double{value});
    std::vector<double> current(kOut);
    for (std::size_t i = 0; i < kIn; ++i) {
      const double in = rounded(x(v, i) / full, 255);
      all += in;
      for (std::size_t j = 0; j < kOut; ++j) current[j] += (g_off + r * (w(j, i) + 1) / 2) * in;
    }
    for (const double i : current) largest = std::max(largest, i);
    for (std::size_t j = 0; j < kOut; ++j) {
      const double q = rounded(current[j] / largest, 63) * largest;
      EXPECT_NEAR(y(v, j), (q - (g_off + r / 2) * all) * 2 / r * full, 1e-5 * largest * full);
    }
  }
}

// Where nothing flows there is nothing to convert, and no 0/0.
TEST(AutomaticRanges, OfNothingAreNothing) {
  for (const AdcKind kind : {AdcKind::uniform, AdcKind::sar, AdcKind::ramp}) {
    Settings s = plain_pairs();
    s.adc.kind = kind;
    s.adc.noise_lsb = 1;
    const auto matrix = program(small_weights().view(), s, {.input_signed = true, .adc = {}}, {});
    const core::Matrix<float> x(2, kIn);
    core::Matrix<float> live(2, kOut, 1), plain(2, kOut, 1);
    vmm(*make_live_product(matrix, {}, Direction::forward, matrix->ranges), x.view(), live.view());
    vmm(*make_reference_product(matrix, {}, Direction::forward, matrix->ranges), x.view(), plain.view());
    for (const auto* y : {&live, &plain}) {
      for (const float v : y->elements) EXPECT_EQ(v, 0);
    }
  }
}

// The answer to a vector does not depend on what it is read with, nor on its size: ranges follow it.
TEST(AutomaticRanges, AnswersScaleWithTheInputs) {
  for (const AdcKind kind : {AdcKind::ideal, AdcKind::uniform, AdcKind::sign_magnitude, AdcKind::ramp,
                             AdcKind::sar, AdcKind::pipeline, AdcKind::cyclic}) {
    Settings s = plain_pairs();
    s.adc.kind = kind;
    s.adc.sigma_capacitor = 0.02;
    s.adc.sigma_comparator = 0.01;
    const auto matrix = program(small_weights().view(), s, {.input_signed = true, .adc = {}}, {});
    const auto x = random_matrix(kVectors, kIn, "inputs");
    auto scaled = x;
    for (float& v : scaled.elements) v *= 1024;  // a power of two: not a bit is lost
    core::Matrix<float> y(kVectors, kOut), of_scaled(kVectors, kOut);
    const auto product = make_live_product(matrix, {}, Direction::forward, matrix->ranges);
    vmm(*product, x.view(), y.view());
    vmm(*product, scaled.view(), of_scaled.view());
    for (std::size_t k = 0; k < y.elements.size(); ++k)
      EXPECT_EQ(of_scaled.elements[k], 1024 * y.elements[k]) << static_cast<int>(kind);
  }
}

// Noise of cells has the spread that its law says, whatever the range.
TEST(AutomaticRanges, LeaveReadNoiseAsItIs) {
  auto study = core::Config::from_text(
      "[device]\ncard = \"ideal\"\nreading = {unit = \"G_on\", sigma = {polynomial = [0.02]}}\n[adc]\nkind = "
      "\"ideal\"\n[input]\nbits = 0\nrange = \"auto\"\n[mapping]\nweight_bits = 0\nweight_range = 1\n",
      "s.toml");
  const Settings s = read_settings(study);
  study.finish();
  const auto matrix = program(core::Matrix<float>(1, kIn).view(), s, {.input_signed = true, .adc = {}}, {});
  constexpr std::size_t kReads = 20000;
  core::Matrix<float> x(kReads, kIn, 3), y(kReads, 1);
  vmm(*make_live_product(matrix, {}, Direction::forward, matrix->ranges), x.view(), y.view());
  double square = 0;
  for (const float v : y.elements) square += double{v} * v;
  const double sigma = 3 * std::sqrt(2.0 * kIn) * 0.02 / 0.9;
  EXPECT_NEAR(std::sqrt(square / kReads), sigma, 4.5 * sigma / std::sqrt(2.0 * kReads));
}

TEST(LiveProduct, GivesTheSameBitsOnAnyNumberOfThreads) {
  Settings s = plain_pairs();
  const auto w = random_matrix(300, 200, "weights");
  const auto matrix = program(w.view(), s, {.input_signed = true, .adc = {}}, {});
  const auto x = random_matrix(1, 200, "inputs"), d = random_matrix(1, 300, "errors");
  core::Matrix<float> first, back;
  for (const int threads : {1, 2, 3}) {
    core::set_thread_count(threads);
    core::Matrix<float> y(1, 300), e(1, 200);
    const WorkspacePtr workspace = make_workspace();
    const std::int64_t origin = 0;
    for (const Direction direction : {Direction::forward, Direction::transposed}) {
      const bool ahead = direction == Direction::forward;
      const auto product = make_live_product(matrix, {}, direction, matrix->ranges);
      product->quantize(ahead ? x.elements : d.elements, *workspace);
      product->vmm({&origin, 1}, ahead ? y.view() : e.view(), 0, *workspace);
    }
    if (threads == 1) first = y, back = e;
    EXPECT_EQ(y.elements, first.elements);
    EXPECT_EQ(e.elements, back.elements);
  }
  core::set_thread_count(0);
}

}  // namespace
}  // namespace mho::array
