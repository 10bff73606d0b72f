// Every layer is read once under the overrides that fit it, and what is wrong in one is said with its line.

#include "mho/array/mapping/layer_views.h"

#include <gtest/gtest.h>

#include "mho/array/mapping/settings.h"
#include "mho/core/error.h"

namespace mho::array {
namespace {

struct Read {
  std::vector<int> bits;           // of the converters, a call
  std::vector<std::size_t> calls;  // of the layers
  std::string complaint;
};

Read read(const std::string& text, const std::vector<LayerName>& layers) {
  core::Config study = core::Config::from_text(text, "study.toml");
  Read out;
  out.calls = read_layer_views(study, layers,
                               [&](core::Config& view) { out.bits.push_back(read_settings(view).adc.bits); });
  try {
    study.finish();
  } catch (const core::InvalidInput& error) {
    out.complaint = error.what();
  }
  return out;
}

TEST(LayerViews, LaterTablesLieOverEarlierOnesAndLikeLayersShareARead) {
  const Read r = read(
      "[adc]\nbits = 7\n"
      "[[layer]]\nmatch = 'conv*'\nadc.bits = 5\n"
      "[[layer]]\nmatch = 'w?'\nadc = {bits = 6}\n",  // by the name of the weights
      {{"conv1", "a"}, {"conv2", "w2"}, {"fc", "b"}, {"conv3", "w3"}, {"fc2", "w4"}});
  EXPECT_EQ(r.complaint, "");
  ASSERT_EQ(r.calls.size(), 5U);
  EXPECT_EQ(r.bits, (std::vector<int>{7, 5, 6, 6})) << "study, conv1, conv2 and conv3, fc2";
  EXPECT_EQ(r.calls, (std::vector<std::size_t>{1, 2, 0, 2, 3}));
}

TEST(LayerViews, WhatIsWrongInALayerIsSaidWithItsLine) {
  EXPECT_NE(read("[[layer]]\nmatch = 'fc'\nadc.bits = 40\n", {{"fc"}})
                .complaint.find("study.toml:3: adc.bits = 40"),
            std::string::npos);
  EXPECT_NE(read("[[layer]]\nmatch = 'fx'\n", {{"fc"}, {"conv"}})
                .complaint.find("study.toml:2: layer[0].match = 'fx': fits no layer; there are fc, conv"),
            std::string::npos);
  EXPECT_NE(read("[[layer]]\nmatch = '*'\n", {}).complaint.find("there is no network"), std::string::npos);
  EXPECT_NE(read("[[layer]]\nmatch = 'fc'\nadc.bit = 4\n", {{"fc"}}).complaint.find("did you mean \"bits\""),
            std::string::npos);
}

}  // namespace
}  // namespace mho::array
