#pragma once
// Pictures of 8 bits a channel: decoding of JPEG and PNG, resizing, cropping.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mho::core {

/// Rows from the top, pixels from the left, the channels of a pixel side by side.
struct Image {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;  ///< 1: gray, 3: red, green, blue
  std::vector<std::uint8_t> pixels;

  std::uint8_t& at(std::size_t y, std::size_t x, std::size_t c) {
    return pixels[(y * width + x) * channels + c];
  }
  std::uint8_t at(std::size_t y, std::size_t x, std::size_t c) const {
    return pixels[(y * width + x) * channels + c];
  }
};

/// True where the bytes start as a JPEG or PNG file does.
bool looks_like_image(std::span<const std::byte> file);

/// Decodes a JPEG or PNG file to gray or RGB: CMYK and palettes become RGB, transparency is dropped, 16
/// bits become 8. Damaged or truncated data, and sizes that so few bytes can't hold: InvalidInput with
/// `name`.
Image decode_image(std::span<const std::byte> file, const std::string& name);

/// RGB: gray three times. Gray: 0.299 R + 0.587 G + 0.114 B, rounded (ITU-R BT.601).
Image as_rgb(Image image);
Image as_gray(Image image);

/// Bilinear, the filter widened by the factor of shrinking (antialiasing), first along the rows, then along
/// the columns, each rounded to 8 bits; weights in 22 bits after the point: pixel for pixel what Pillow's
/// resize(…, BILINEAR) gives, but where one side grows and the other shrinks. Neither size may be 0.
Image resized(const Image& image, std::size_t height, std::size_t width);

/// The rectangle of that size with its upper left corner at (top, left), which must lie within.
Image cropped(const Image& image, std::size_t top, std::size_t left, std::size_t height, std::size_t width);

}  // namespace mho::core
