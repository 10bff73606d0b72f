// Pictures decode to the pixels that were written, shrink as Pillow shrinks them, and damage is refused.

#include "mho/core/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "bad_input.h"
#include "encode_image.h"
#include "mho/core/error.h"

namespace mho::core {
namespace {

using tests::jpeg_of;
using tests::pattern;
using tests::png_of;

std::uint32_t checksum(const Image& image) {
  return static_cast<std::uint32_t>(crc32_z(0, image.pixels.data(), image.pixels.size()));
}

// Expected values: Pillow 13.0, Image.fromarray(pattern).resize((width, height), Image.BILINEAR).
TEST(Image, ShrinksAsPillowDoes) {
  EXPECT_THAT(resized(pattern(5, 7, 3), 3, 4).pixels,
              testing::ElementsAre(11, 64, 117, 28, 81, 134, 48, 101, 154, 65, 118, 171, 39, 92, 145, 78, 131,
                                   184, 108, 161, 186, 112, 165, 157, 67, 120, 173, 112, 165, 218, 113, 166,
                                   189, 132, 185, 175));
  EXPECT_EQ(checksum(resized(pattern(227, 227, 3), 128, 128)), 0x4f054147u);
  EXPECT_EQ(checksum(resized(pattern(64, 64, 3), 64, 20)), 0xaa6dfaf2u);
  EXPECT_EQ(checksum(resized(pattern(64, 64, 3), 1, 1)), 0xc84fd9f9u);
}

TEST(Image, GrowsAsPillowDoes) {
  EXPECT_THAT(resized(pattern(4, 4, 1), 7, 9).pixels,
              testing::ElementsAre(0, 1, 4, 7, 11, 14, 17, 20, 21, 5, 6, 11, 15, 20, 25, 29, 34, 35, 12, 15,
                                   22, 28, 35, 42, 49, 55, 58, 20, 23, 32, 41, 51, 60, 69, 78, 81, 27, 31, 42,
                                   54, 66, 77, 88, 100, 104, 34, 40, 53, 67, 81, 94, 108, 121, 127, 39, 45,
                                   60, 75, 90, 105, 120, 135, 141));
  EXPECT_EQ(checksum(resized(pattern(100, 61, 3), 224, 137)), 0x9473ccfcu);
}

TEST(Image, ResizingKeepsAFlatPictureFlat) {
  Image flat{37, 53, 3, std::vector<std::uint8_t>(37 * 53 * 3, 201)};
  for (const auto& [h, w] : {std::pair{5, 90}, {90, 5}, {37, 53}, {1, 1}, {36, 52}}) {
    EXPECT_THAT(resized(flat, h, w).pixels, testing::Each(201));
  }
}

TEST(Image, CropsTheRectangleThatIsAskedFor) {
  const Image whole = pattern(9, 8, 3), part = cropped(whole, 2, 3, 4, 5);
  for (std::size_t y = 0; y < 4; ++y) {
    for (std::size_t x = 0; x < 5; ++x) {
      for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(part.at(y, x, c), whole.at(y + 2, x + 3, c));
    }
  }
}

// Pillow 13.0: convert("L").
TEST(Image, GrayIsWeightedAsBt601) {
  EXPECT_EQ(checksum(as_gray(pattern(100, 61, 3))), 0xa3f7a219u);
  const Image gray = pattern(5, 4, 1), rgb = as_rgb(gray);
  EXPECT_EQ(as_gray(rgb).pixels, gray.pixels);  // the weights sum to 1
}

TEST(Png, GivesBackEveryPixel) {
  for (const std::size_t channels : {1u, 3u}) {
    const Image image = pattern(11, 17, channels), read = decode_image(png_of(image), "x.png");
    EXPECT_EQ(read.channels, channels);
    EXPECT_EQ(read.height, 11u);
    EXPECT_EQ(read.width, 17u);
    EXPECT_EQ(read.pixels, image.pixels);
  }
}

TEST(Png, TransparencyIsDropped) {
  const Image four = pattern(6, 5, 4), read = decode_image(png_of(four), "x.png");
  ASSERT_EQ(read.channels, 3u);
  for (std::size_t i = 0; i < 30; ++i) {
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(read.pixels[3 * i + c], four.pixels[4 * i + c]);
  }
}

int largest_difference(const Image& a, const Image& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  return largest;
}

// At quality 100 every coefficient is rounded to a whole number: a gray pixel is off by few units (the rms of
// 64 roundings of 1/2 at most is 0.3 a pixel), baseline and progressive alike.
TEST(Jpeg, GrayComesBackNearly) {
  const Image image = pattern(19, 23, 1);
  for (const bool progressive : {false, true}) {
    const Image read = decode_image(jpeg_of(image, 100, progressive), "x.jpg");
    ASSERT_EQ(read.pixels.size(), image.pixels.size());
    EXPECT_LE(largest_difference(read, image), 2);
  }
}

TEST(Jpeg, AFlatColourComesBack) {
  Image image{16, 16, 3, {}};
  for (int i = 0; i < 256; ++i) image.pixels.insert(image.pixels.end(), {200, 100, 50});
  EXPECT_LE(largest_difference(decode_image(jpeg_of(image), "x.jpg"), image), 2);
}

// Adobe stores 255 - ink; light left by ink c over black k: (255 - c)(255 - k)/255.
TEST(Jpeg, CmykBecomesRgb) {
  Image image{16, 16, 4, {}};
  for (int i = 0; i < 256; ++i) image.pixels.insert(image.pixels.end(), {255, 128, 0, 200});
  const Image read = decode_image(jpeg_of(image), "x.jpg");
  ASSERT_EQ(read.channels, 3u);
  EXPECT_NEAR(read.at(8, 8, 0), 255 * 200 / 255, 2);
  EXPECT_NEAR(read.at(8, 8, 1), 128 * 200 / 255, 2);
  EXPECT_NEAR(read.at(8, 8, 2), 0, 2);
}

TEST(Image, DamagedFilesAreReadOrRefused) {
  const auto parse = [](std::span<const std::byte> file) { decode_image(file, "x"); };
  for (const auto& file : {png_of(pattern(5, 6, 3)), png_of(pattern(4, 4, 1))}) {
    tests::refuses_every_truncation(parse, file);
    EXPECT_GT(tests::survives_every_flip(parse, file), file.size());
  }
  for (const auto& file : {jpeg_of(pattern(9, 10, 1)), jpeg_of(pattern(9, 10, 3), 90, true)}) {
    tests::refuses_every_truncation(parse, {file.data(), file.size() - 2});  // without the end marker
    EXPECT_GT(tests::survives_every_flip(parse, file), file.size());
  }
}

// A header of 60000×60000 pixels in a file of some hundred bytes: refused before memory is taken.
TEST(Image, SizesThatTheFileCannotHoldAreRefused) {
  Bytes jpeg = jpeg_of(pattern(8, 8, 1));
  for (std::size_t i = 0; i + 8 < jpeg.size(); ++i) {
    if (jpeg[i] == std::byte{0xff} && jpeg[i + 1] == std::byte{0xc0}) {
      for (std::size_t j = 5; j < 9; ++j) jpeg[i + j] = std::byte{0xea};
    }
  }
  Bytes png = png_of(pattern(8, 8, 1));
  for (std::size_t i = 16; i < 24; ++i) png[i] = i % 4 < 2 ? std::byte{0} : std::byte{0xea};
  const auto crc =
      static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(png.data() + 12), 17));
  for (std::size_t i = 0; i < 4; ++i) png[29 + i] = static_cast<std::byte>(crc >> (24 - 8 * i) & 0xff);
  for (const Bytes& file : {jpeg, png}) {
    try {
      decode_image(file, "x");
      ADD_FAILURE() << "was read";
    } catch (const InvalidInput& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("60138×60138 pixels, more than the file can hold"));
    }
  }
}

TEST(Image, OtherFilesAreNamed) {
  const std::string text = "GIF89a, no picture that is read";
  EXPECT_THROW(decode_image(std::as_bytes(std::span(text)), "x.gif"), InvalidInput);
  EXPECT_THROW(decode_image({}, "empty.png"), InvalidInput);
}

}  // namespace
}  // namespace mho::core
