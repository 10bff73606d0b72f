// The descriptors of well-known networks have the weights and multiply-accumulates that are published for
// them, to the last digit given; where they don't, the published figure is explained on the card.

#include "mho/hardware/network_card.h"

#include <gtest/gtest.h>

#include "mho/core/error.h"

namespace mho::hardware {
namespace {

struct Published {
  const char* card;
  std::size_t conv_layers, dense_layers;
  // value, half of its last digit
  double conv_weights[2], conv_macs[2], dense[2], weights[2], macs[2];
};

// Sze et al., Proc. IEEE 105(12), 2017, table II.
constexpr Published table[] = {
    {"alexnet", 5, 3, {2.3e6, 5e4}, {666e6, 5e5}, {58.6e6, 5e4}, {61e6, 5e5}, {724e6, 5e5}},
    {"overfeat-fast", 5, 3, {16e6, 5e5}, {2.67e9, 5e6}, {130e6, 5e5}, {146e6, 5e5}, {2.8e9, 5e7}},
    {"vgg16", 13, 3, {14.7e6, 5e4}, {15.3e9, 5e7}, {124e6, 5e5}, {138e6, 5e5}, {15.5e9, 5e7}},
    {"googlenet", 57, 1, {6.0e6, 5e4}, {1.43e9, 5e6}, {1e6, 5e5}, {7e6, 5e5}, {1.43e9, 5e6}},
    {"resnet50", 53, 1, {23.5e6, 5e4}, {3.86e9, 5e6}, {2e6, 5e5}, {25.5e6, 5e4}, {3.9e9, 5e7}}};

TEST(NetworkCards, CountsArePublishedOnesToTheirRounding) {
  for (const auto& row : table) {
    SCOPED_TRACE(row.card);
    const NetworkTotals totals = totals_of(load_network_card(row.card).layers);
    EXPECT_EQ(totals.conv_layers, row.conv_layers);
    EXPECT_EQ(totals.dense_layers, row.dense_layers);
    EXPECT_NEAR(totals.conv_weights, row.conv_weights[0], row.conv_weights[1]);
    EXPECT_NEAR(totals.conv_macs, row.conv_macs[0], row.conv_macs[1]);
    EXPECT_NEAR(totals.dense_weights, row.dense[0], row.dense[1]);
    EXPECT_NEAR(totals.dense_macs, row.dense[0], row.dense[1]);
    EXPECT_NEAR(totals.conv_weights + totals.dense_weights, row.weights[0], row.weights[1]);
    EXPECT_NEAR(totals.conv_macs + totals.dense_macs, row.macs[0], row.macs[1]);
  }
}

// The published column of LeNet-5 lists 20 and 50 filters of 5×5 and 2.6 k weights: the first are Caffe's
// LeNet, the second the network of 1998. Its 58 k dense weights stop before the 10 outputs.
TEST(NetworkCards, LeNetColumnMixesTwoNetworks) {
  const auto classic = load_network_card("lenet5");
  const NetworkTotals five = totals_of(classic.layers);
  EXPECT_EQ(five.conv_weights, 6 * 25 + 16 * 6 * 25);
  EXPECT_EQ(five.conv_macs, 28 * 28 * 150 + 10 * 10 * 2400);
  EXPECT_EQ(five.dense_weights - 84 * 10, 400 * 120 + 120 * 84);  // 58 080
  EXPECT_FALSE(classic.published.note.empty());
  const NetworkTotals caffe = totals_of(load_network_card("lenet-caffe").layers);
  EXPECT_EQ(caffe.conv_weights, 20 * 25 + 50 * 20 * 25);
  EXPECT_EQ(caffe.conv_macs, 24 * 24 * 500 + 8 * 8 * 25000);
}

// Pooling windows that hang over the edge (28, 14, 7 pixels, as in the paper) make 1.58 G of 1.43 G.
TEST(NetworkCards, GoogLeNetDependsOnItsPooling) {
  const NetworkTotals ceil = totals_of(load_network_card("googlenet-ceil").layers);
  EXPECT_EQ(ceil.conv_layers, 57U);
  EXPECT_NEAR(ceil.conv_macs, 1.58e9, 5e6);
}

TEST(NetworkCards, WrongShapesAreRefusedWithTheirPlace) {
  const auto complaint = [](const char* text) -> std::string {
    core::Config card = core::Config::from_text(text, "card.toml");
    read_network_card(card);
    try {
      card.finish();
    } catch (const core::InvalidInput& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(complaint("input = [3, 8, 8]\n[[layer]]\nkind = 'dense'\nout = 4"), "");
  EXPECT_NE(complaint("input = [3, 8, 8]\n[[layer]]\nkernel = 9").find("card.toml:3: layer[0].kernel"),
            std::string::npos);
  EXPECT_NE(complaint("input = [3, 8, 8]\n[[layer]]\ngroups = 2\nfilters = 4").find("divide"),
            std::string::npos);
  EXPECT_NE(complaint("input = [3, 8, 8]\n[[layer]]\nfrom = ['x']").find("no layer before"),
            std::string::npos);
  EXPECT_NE(complaint("input = [3, 8]").find("[channels, height, width]"), std::string::npos);
}

}  // namespace
}  // namespace mho::hardware
