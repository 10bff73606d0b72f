#pragma once
// One image as a network wants it.

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "mho/core/image.h"
#include "mho/network/data/dataset.h"

namespace mho::network {

/// Key of a network's metadata under which its maker says how images become its inputs.
inline constexpr const char* kPreprocessMetadata = "data.preprocess";

/// [data.preprocess] as JSON, and back: keys that are not there keep their defaults. Throws
/// core::InvalidInput.
std::string preprocess_text(const Preprocess& preprocess);
Preprocess preprocess_of(const std::string& text, const std::string& source);

/// Lays what the metadata of a network say under what a study says in `table`: keys that it does not give.
void take_preprocess(const core::ConfigTable& table, const std::map<std::string, std::string>& metadata,
                     Preprocess& preprocess);

/// Resizes, crops and brings the channels to the kind that `preprocess` asks for (not yet their order).
/// `rgb`: a gray picture gets three channels. Throws core::InvalidInput where the crop is larger than it.
core::Image fitted(core::Image picture, const Preprocess& preprocess, bool rgb, const std::string& name);

/// Side after resizing: the shorter one becomes `resize`, the longer one follows, rounded down.
struct Sides {
  std::size_t height, width;
};
Sides resized_sides(std::size_t height, std::size_t width, std::size_t resize);

/// Margin above (left of) the centre crop of a side.
std::size_t crop_margin(std::size_t side, const Preprocess& preprocess);

/// Channels by order, then ·scale, -mean, /std, row-major (channels, height, width).
void to_floats(const core::Image& picture, const Preprocess& preprocess, std::span<float> out);

/// The same for numbers (channels, height, width) or (features): cropped from `in` of shape `shape`.
void to_floats(std::span<const float> in, const std::vector<std::size_t>& shape, const Preprocess& preprocess,
               std::span<float> out);

}  // namespace mho::network
