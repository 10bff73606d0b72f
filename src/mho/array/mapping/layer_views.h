#pragma once
// A study as every layer of its network sees it: with the [[layer]] tables that fit the layer laid over.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "mho/core/config.h"

namespace mho::array {

/// What a layer is called; `match` of a [[layer]] may fit either.
struct LayerName {
  std::string layer;
  std::string weights = "";  ///< of its weight tensor; "" where that has no name
};

/// Calls `read` for the study itself, then once for every other combination of [[layer]] tables that some
/// layer has, laid over each other in the order of the file; returns which of these calls is each layer's.
/// `match` is a pattern with * and ?. One that fits no layer becomes a complaint of `study` that lists the
/// layers, and what `read` complains of in a view a complaint of `study`, with its place in the file. What
/// each layer's view has read becomes contents of `study` ("adc.layer.conv1"), part of what its results are
/// of.
std::vector<std::size_t> read_layer_views(core::Config& study, const std::vector<LayerName>& layers,
                                          const std::function<void(core::Config& view)>& read);

}  // namespace mho::array
