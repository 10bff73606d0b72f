#include "mho/network/data/preprocess.h"

#include <fmt/format.h>

#include <utility>

#include "mho/core/error.h"

namespace mho::network {
namespace {

/// x·a + b of one channel: (x·scale - mean)/std.
struct Affine {
  float scale, mean, deviation;
  float operator()(float x) const { return (x * scale - mean) / deviation; }
};

Affine affine(const Preprocess& p, std::size_t channel) {
  const auto of = [&](const std::vector<double>& list) {
    return static_cast<float>(list[list.size() == 1 ? 0 : channel]);
  };
  return {static_cast<float>(p.scale), of(p.mean), of(p.std)};
}

/// Channel of the file that becomes `channel`.
std::size_t source_channel(const Preprocess& p, std::size_t channel, std::size_t channels) {
  return p.order == Preprocess::Order::bgr && channels == 3 ? 2 - channel : channel;
}

}  // namespace

Sides resized_sides(std::size_t height, std::size_t width, std::size_t resize) {
  if (resize == 0) return {height, width};
  return height <= width ? Sides{resize, resize * width / height} : Sides{resize * height / width, resize};
}

std::size_t crop_margin(std::size_t side, const Preprocess& p) {
  const std::size_t cut = side - p.crop;
  const bool up = p.odd_margin == Preprocess::OddMargin::even && cut % 4 == 3;
  return cut / 2 + (up ? 1 : 0);
}

core::Image fitted(core::Image picture, const Preprocess& p, bool rgb, const std::string& name) {
  if (p.order == Preprocess::Order::gray) {
    picture = core::as_gray(std::move(picture));
  } else if (rgb) {
    picture = core::as_rgb(std::move(picture));
  }
  const Sides sides = resized_sides(picture.height, picture.width, p.resize);
  // The longest side of a picture stays within what one may have: a strip does not become a sheet.
  if (sides.height > 65'500 || sides.width > 65'500) {
    throw core::InvalidInput(fmt::format("{}: {}×{} pixels become {}×{} by resize = {}", name, picture.height,
                                         picture.width, sides.height, sides.width, p.resize));
  }
  picture = core::resized(picture, sides.height, sides.width);
  if (p.crop == 0) return picture;
  if (p.crop > sides.height || p.crop > sides.width) {
    throw core::InvalidInput(
        fmt::format("{}: {}×{} pixels are smaller than crop = {}", name, sides.height, sides.width, p.crop));
  }
  return core::cropped(picture, crop_margin(sides.height, p), crop_margin(sides.width, p), p.crop, p.crop);
}

void to_floats(const core::Image& picture, const Preprocess& p, std::span<float> out) {
  const std::size_t plane = picture.height * picture.width;
  for (std::size_t c = 0; c < picture.channels; ++c) {
    const Affine f = affine(p, c);
    const std::uint8_t* from = picture.pixels.data() + source_channel(p, c, picture.channels);
    for (std::size_t i = 0; i < plane; ++i) {
      out[c * plane + i] = f(static_cast<float>(from[i * picture.channels]));
    }
  }
}

void to_floats(std::span<const float> in, const std::vector<std::size_t>& shape, const Preprocess& p,
               std::span<float> out) {
  const bool image = shape.size() == 3;
  const std::size_t channels = shape[0], height = image ? shape[1] : 1, width = image ? shape[2] : 1;
  const bool crops = image && p.crop != 0;
  const std::size_t top = crops ? crop_margin(height, p) : 0, left = crops ? crop_margin(width, p) : 0;
  const std::size_t rows = crops ? p.crop : height, cols = crops ? p.crop : width;
  std::size_t to = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    const Affine f = affine(p, c);
    const float* plane = in.data() + (image ? source_channel(p, c, channels) : c) * height * width;
    for (std::size_t y = top; y < top + rows; ++y) {
      for (std::size_t x = left; x < left + cols; ++x) out[to++] = f(plane[y * width + x]);
    }
  }
}

}  // namespace mho::network
