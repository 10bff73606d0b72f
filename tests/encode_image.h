#pragma once
// Writes small JPEG and PNG files in memory, for the tests of what reads them.

#include <png.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <jpeglib.h>

#include "mho/core/files.h"
#include "mho/core/image.h"

namespace mho::tests {

/// A picture whose pixels all differ a little: gradients with a pattern on them.
inline core::Image pattern(std::size_t height, std::size_t width, std::size_t channels) {
  core::Image image{height, width, channels, std::vector<std::uint8_t>(height * width * channels)};
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < channels; ++c) {
        image.at(y, x, c) = static_cast<std::uint8_t>((7 * x + 13 * y + 53 * c + x * y % 11 * 9) % 256);
      }
    }
  }
  return image;
}

/// Gray or RGB as they are; four channels are written as Adobe's inverted CMYK.
inline core::Bytes jpeg_of(const core::Image& image, int quality = 100, bool progressive = false) {
  jpeg_compress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_width = static_cast<JDIMENSION>(image.width);
  jpeg.image_height = static_cast<JDIMENSION>(image.height);
  jpeg.input_components = static_cast<int>(image.channels);
  jpeg.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : image.channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  if (progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  std::vector<std::uint8_t> row(image.width * image.channels);
  for (std::size_t y = 0; y < image.height; ++y) {
    std::memcpy(row.data(), image.pixels.data() + y * row.size(), row.size());
    JSAMPROW rows = row.data();
    jpeg_write_scanlines(&jpeg, &rows, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const auto* bytes = reinterpret_cast<const std::byte*>(out);
  core::Bytes file(bytes, bytes + size);
  std::free(out);  // NOLINT(cppcoreguidelines-no-malloc): libjpeg allocated it
  return file;
}

/// Gray, RGB, or four channels as RGB with alpha.
inline core::Bytes png_of(const core::Image& image) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : image.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&png, nullptr, &size, 0, image.pixels.data(), 0, nullptr);
  core::Bytes file(size);
  if (!png_image_write_to_memory(&png, file.data(), &size, 0, image.pixels.data(), 0, nullptr)) {
    throw std::runtime_error(png.message);
  }
  file.resize(size);
  return file;
}

}  // namespace mho::tests
