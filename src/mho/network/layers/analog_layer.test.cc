// Groups of a layer share arrays.

#include "mho/network/layers/analog_layer.h"

#include <gtest/gtest.h>

#include "random_matrix.h"

namespace mho::network {
namespace {

// 40 depthwise filters, 11 an array of 100 rows: every pack is programmed from the filters of its own groups.
TEST(AnalogLayer, PacksHoldTheWeightsOfTheirGroups) {
  WeightLayer layer;
  layer.groups = 40;
  layer.rows = 9;
  layer.columns = 1;
  layer.weights = Tensor::of_floats(tests::random_matrix(40, 9, "weights").elements, {40, 1, 3, 3});
  array::Settings settings;
  settings.array.rows = 100;
  const AnalogLayer parts = place_on_arrays(layer, settings);
  ASSERT_EQ(parts.packs.size(), 4u);
  const auto second = parts.weights(parts.packs[1]);
  ASSERT_EQ(second.rows, 11u);
  ASSERT_EQ(second.cols, 9u);
  EXPECT_EQ(&second(0, 0), &layer.weights.floats()[99]);
  EXPECT_EQ(parts.weights(parts.packs[3]).rows, 7u);
}

}  // namespace
}  // namespace mho::network
