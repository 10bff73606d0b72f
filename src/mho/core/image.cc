#include "mho/core/image.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace mho::core {
namespace {

/// Weights with which the inputs first, first+1, … make one output; they sum to 1 (in units of 2^-22).
struct Weights {
  std::size_t first = 0;
  std::vector<std::int32_t> weight;
};

constexpr int kBits = 22;  // 32, less 8 for the pixel, less 2 for the sign and overshoot

std::vector<Weights> triangle_weights(std::size_t in, std::size_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double support = std::max(scale, 1.0);  // half the base of the triangle
  std::vector<Weights> all(out);
  for (std::size_t o = 0; o < out; ++o) {
    const double center = (static_cast<double>(o) + 0.5) * scale;
    const auto begin = static_cast<std::size_t>(std::max(0.0, std::floor(center - support + 0.5)));
    const auto end = std::min(in, static_cast<std::size_t>(std::floor(center + support + 0.5)));
    std::vector<double> weight;
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const double distance = (static_cast<double>(i) - center + 0.5) * (1.0 / support);
      weight.push_back(std::max(0.0, 1.0 - std::abs(distance)));
      sum += weight.back();
    }
    all[o].first = begin;
    for (const double w : weight) {
      all[o].weight.push_back(static_cast<std::int32_t>(std::floor(0.5 + w / sum * (1 << kBits))));
    }
  }
  return all;
}

std::uint8_t rounded(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp((sum + (1 << (kBits - 1))) >> kBits, 0, 255));
}

Image resized_rows(const Image& image, std::size_t width) {
  Image out{image.height, width, image.channels,
            std::vector<std::uint8_t>(image.height * width * image.channels)};
  const auto weights = triangle_weights(image.width, width);
  for (std::size_t y = 0; y < image.height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      const auto& [first, weight] = weights[x];
      for (std::size_t c = 0; c < image.channels; ++c) {
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < weight.size(); ++i) sum += image.at(y, first + i, c) * weight[i];
        out.at(y, x, c) = rounded(sum);
      }
    }
  }
  return out;
}

Image resized_columns(const Image& image, std::size_t height) {
  const std::size_t row = image.width * image.channels;
  Image out{height, image.width, image.channels, std::vector<std::uint8_t>(height * row)};
  const auto weights = triangle_weights(image.height, height);
  std::vector<std::int32_t> sum(row);
  for (std::size_t y = 0; y < height; ++y) {
    const auto& [first, weight] = weights[y];
    std::fill(sum.begin(), sum.end(), 0);
    for (std::size_t i = 0; i < weight.size(); ++i) {
      const std::uint8_t* from = image.pixels.data() + (first + i) * row;
      for (std::size_t x = 0; x < row; ++x) sum[x] += from[x] * weight[i];
    }
    std::transform(sum.begin(), sum.end(), out.pixels.begin() + static_cast<std::ptrdiff_t>(y * row),
                   rounded);
  }
  return out;
}

}  // namespace

Image as_rgb(Image image) {
  if (image.channels == 3) return image;
  Image out{image.height, image.width, 3, {}};
  out.pixels.reserve(image.pixels.size() * 3);
  for (const std::uint8_t value : image.pixels) out.pixels.insert(out.pixels.end(), 3, value);
  return out;
}

Image as_gray(Image image) {
  if (image.channels == 1) return image;
  Image out{image.height, image.width, 1, std::vector<std::uint8_t>(image.height * image.width)};
  for (std::size_t i = 0; i < out.pixels.size(); ++i) {
    const std::uint8_t* p = image.pixels.data() + 3 * i;
    // BT.601 in 16 bits after the point; the three add up to 2^16
    out.pixels[i] = static_cast<std::uint8_t>((p[0] * 19595 + p[1] * 38470 + p[2] * 7471 + 0x8000) >> 16);
  }
  return out;
}

Image resized(const Image& image, std::size_t height, std::size_t width) {
  assert(height > 0 && width > 0);
  if (width == image.width) return height == image.height ? image : resized_columns(image, height);
  Image rows = resized_rows(image, width);
  return height == image.height ? rows : resized_columns(rows, height);
}

Image cropped(const Image& image, std::size_t top, std::size_t left, std::size_t height, std::size_t width) {
  assert(top + height <= image.height && left + width <= image.width);
  const std::size_t row = width * image.channels;
  Image out{height, width, image.channels, {}};
  out.pixels.reserve(height * row);
  for (std::size_t y = 0; y < height; ++y) {
    const auto* from = image.pixels.data() + ((top + y) * image.width + left) * image.channels;
    out.pixels.insert(out.pixels.end(), from, from + row);
  }
  return out;
}

}  // namespace mho::core
