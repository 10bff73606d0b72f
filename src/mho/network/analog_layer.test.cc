// Groups that share an array keep the weight range that they have by themselves.

#include "mho/network/analog_layer.h"

#include <gtest/gtest.h>

#include "mho/array/coding.h"
#include "random_matrix.h"

namespace mho::network {
namespace {

// 40 depthwise filters in one array: of its 40 columns of 360 cells each, 351 hold zeros between the groups,
// which quantiles must not see.
TEST(AnalogLayer, ZerosBetweenGroupsAreNoWeights) {
  WeightLayer layer;
  layer.groups = 40;
  layer.rows = 9;
  layer.columns = 1;
  layer.weights = tests::random_matrix(40, 9, "weights");
  array::Settings settings;
  settings.mapping.weight_range = {.kind = array::WeightRange::Kind::quantile, .value = 0.9};
  const AnalogLayer whole = place_on_arrays(layer, settings);
  ASSERT_EQ(whole.packs.size(), 1u);
  EXPECT_EQ(whole.pack_ranges({}, whole.packs[0]).weights,
            array::weight_ranges(settings.mapping, layer.weights.view()));

  settings.mapping.range_per_column = true;
  settings.array.rows = 100;  // 11 filters an array
  const AnalogLayer parts = place_on_arrays(layer, settings);
  ASSERT_EQ(parts.packs.size(), 4u);
  const auto ranges = parts.pack_ranges({}, parts.packs[1]).weights;
  ASSERT_EQ(ranges.size(), 11u);
  EXPECT_EQ(ranges[2],
            array::weight_range(settings.mapping.weight_range, layer.weights.view().block(13, 0, 1, 9)));
}

}  // namespace
}  // namespace mho::network
