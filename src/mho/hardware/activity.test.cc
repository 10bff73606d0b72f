// The mean conductance of a layer is the mean of the cells that its weights are programmed to.

#include "mho/hardware/activity.h"

#include <gtest/gtest.h>

#include <vector>

namespace mho::hardware {
namespace {

TEST(Activity, MeanConductanceOfWeights) {
  const std::vector<float> w{-1.0f, 0.5f, 0.0f, 0.1f};  // mean magnitude 0.4, mean -0.1
  const core::MatrixView<const float> weights(w.data(), 1, 4);
  array::Mapping mapping;
  mapping.scheme = array::Scheme::differential;
  EXPECT_NEAR(mean_conductance_of(weights, mapping, 0.1), 0.1 + 0.9 * 0.2, 1e-7);
  mapping.scheme = array::Scheme::differential_two_sided;
  EXPECT_NEAR(mean_conductance_of(weights, mapping, 0), 0.5, 1e-12);
  mapping.scheme = array::Scheme::offset;
  EXPECT_NEAR(mean_conductance_of(weights, mapping, 0), 0.45, 1e-7);
  EXPECT_EQ(mean_conductance_of({}, mapping, 0), 0.5);
}

// Halving the range doubles the cells that are in use, until weights clip.
TEST(Activity, FollowsTheRangeOfTheMapping) {
  const std::vector<float> w{0.1f, -0.2f, 0.3f};
  const core::MatrixView<const float> weights(w.data(), 1, 3);
  array::Mapping mapping;
  mapping.weight_range = {.kind = array::WeightRange::Kind::value, .value = 2};
  const double wide = mean_conductance_of(weights, mapping, 0);
  mapping.weight_range.value = 1;
  EXPECT_NEAR(mean_conductance_of(weights, mapping, 0) / wide, 2, 1e-6);
  // Three outputs, each with its own largest weight: every cell in use is fully on.
  mapping.weight_range = {};
  mapping.range_per_column = true;
  EXPECT_NEAR(mean_conductance_of({w.data(), 3, 1}, mapping, 0), 0.5, 1e-12);
}

}  // namespace
}  // namespace mho::hardware
