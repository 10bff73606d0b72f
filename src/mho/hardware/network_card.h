#pragma once
// Descriptors of well-known networks (cards/networks/*.toml): shapes only, no weights.

#include <memory>
#include <string>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/library.h"
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
/// That of a name or path (load_card in quantity.h). Throws InvalidInput.
NetworkCard load_network_card(
    const std::string& name_or_path, const std::string& beside = "",
    const std::shared_ptr<core::Library>& library = std::make_shared<core::Library>());

}  // namespace mho::hardware
