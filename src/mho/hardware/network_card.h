#pragma once
// Descriptors of well-known networks (cards/networks/*.toml): shapes only, no weights.

#include <string>
#include <vector>

#include "mho/core/config.h"
#include "mho/hardware/layer_shape.h"

namespace mho::hardware {

/// Numbers that a publication gives for the network, to compare with those computed.
struct PublishedCounts {
  double conv_weights = 0, conv_macs = 0, dense_weights = 0, dense_macs = 0, weights = 0, macs = 0;
  std::string source;
  std::string note;  ///< where the published figure is a slip or rounds oddly
};

struct NetworkCard {
  std::string name;
  std::vector<LayerShape> layers;
  PublishedCounts published;  ///< zeros where not given
};

/// Reads a descriptor: `input = [channels, height, width]`, then [[layer]] tables in order, each from the
/// layer before or from the ones it names. Complaints (shapes that don't fit, unknown names) go to `card`.
NetworkCard read_network_card(core::Config& card);
/// Finds it by name in cards/networks. Throws InvalidInput.
NetworkCard load_network_card(const std::string& name_or_path);

}  // namespace mho::hardware
