// JPEG by libjpeg, PNG by libpng. Both report errors by leaving through longjmp: in the functions that call
// setjmp nothing with a destructor is made; what they fill belongs to their caller.

#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include <jerror.h>
#include <jpeglib.h>

#include "mho/core/error.h"
#include "mho/core/image.h"

namespace mho::core {
namespace {

constexpr std::uint64_t kLongestSide = 65'500;     // libjpeg's own limit
constexpr std::uint64_t kJpegPixelsPerByte = 512;  // every block of 8×8 pixels takes a bit at least
constexpr std::uint64_t kBestDeflateRatio = 1032;  // zlib's technical notes

struct Result {
  Image image;
  std::vector<png_bytep> rows;
  std::string error;  // "" where all went well
};

bool is_png(std::span<const std::byte> file) {
  return file.size() >= 8 && std::memcmp(file.data(), "\x89PNG\r\n\x1a\n", 8) == 0;
}
bool is_jpeg(std::span<const std::byte> file) {
  return file.size() >= 3 && std::memcmp(file.data(), "\xff\xd8\xff", 3) == 0;
}

bool plausible(Result& result, std::uint64_t width, std::uint64_t height, std::uint64_t most) {
  if (width == 0 || height == 0 || width > kLongestSide || height > kLongestSide || width * height > most) {
    result.error = fmt::format("a size of {}×{} pixels, more than the file can hold", width, height);
    return false;
  }
  return true;
}

// --- JPEG ---

struct JpegErrors {
  jpeg_error_mgr manager;  // first, so that a pointer to it is one to this
  std::jmp_buf back;
  Result* result;
};

[[noreturn]] void leave(j_common_ptr jpeg) {
  auto* errors = reinterpret_cast<JpegErrors*>(jpeg->err);
  char text[JMSG_LENGTH_MAX];
  errors->manager.format_message(jpeg, text);
  errors->result->error = text;
  std::longjmp(errors->back, 1);
}

/// Warnings mean missing or wrong pixels, but for these.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  const int code = jpeg->err->msg_code;
  if (code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM) leave(jpeg);
}

/// Adobe writes CMYK inverted: 255 is no ink. A pixel of ink c over black k leaves (255-c)(255-k)/255.
void cmyk_to_rgb(const std::uint8_t* in, std::size_t width, bool inverted, std::uint8_t* out) {
  for (std::size_t x = 0; x < width; ++x, in += 4, out += 3) {
    const unsigned k = inverted ? in[3] : 255u - in[3];
    for (std::size_t c = 0; c < 3; ++c) {
      const unsigned ink = inverted ? 255u - in[c] : in[c];
      out[c] = static_cast<std::uint8_t>(k - (ink * k + 127) / 255);
    }
  }
}

void decode_jpeg(std::span<const std::byte> file, Result& result, std::vector<std::uint8_t>& line) {
  jpeg_decompress_struct jpeg;
  JpegErrors errors;
  jpeg.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = leave;
  errors.manager.emit_message = on_message;
  errors.result = &result;
  if (setjmp(errors.back)) {
    jpeg_destroy_decompress(&jpeg);
    return;
  }
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_read_header(&jpeg, TRUE);
  if (plausible(result, jpeg.image_width, jpeg.image_height, kJpegPixelsPerByte * file.size())) {
    const bool four = jpeg.num_components == 4;
    jpeg.out_color_space = four ? JCS_CMYK : jpeg.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    const bool inverted = jpeg.saw_Adobe_marker;
    jpeg_start_decompress(&jpeg);
    Image& image = result.image;
    image.height = jpeg.output_height;
    image.width = jpeg.output_width;
    image.channels = four ? 3 : static_cast<std::size_t>(jpeg.output_components);
    image.pixels.resize(image.height * image.width * image.channels);
    line.resize(four ? image.width * 4 : 0);
    while (jpeg.output_scanline < jpeg.output_height) {
      std::uint8_t* to = image.pixels.data() + jpeg.output_scanline * image.width * image.channels;
      JSAMPROW row = four ? line.data() : to;
      jpeg_read_scanlines(&jpeg, &row, 1);
      if (four) cmyk_to_rgb(line.data(), image.width, inverted, to);
    }
    jpeg_finish_decompress(&jpeg);
  }
  jpeg_destroy_decompress(&jpeg);
}

// --- PNG ---

struct PngSource {
  std::span<const std::byte> left;
  Result* result;
};

void png_leave(png_structp png, png_const_charp text) {
  static_cast<PngSource*>(png_get_error_ptr(png))->result->error = text;
  png_longjmp(png, 1);
}

void png_ignore(png_structp, png_const_charp) {}

void png_take(png_structp png, png_bytep to, std::size_t n) {
  auto* source = static_cast<PngSource*>(png_get_io_ptr(png));
  if (n > source->left.size()) png_error(png, "it ends early");
  std::memcpy(to, source->left.data(), n);
  source->left = source->left.subspan(n);
}

void decode_png(std::span<const std::byte> file, Result& result) {
  PngSource source{file, &result};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, png_leave, png_ignore);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info) {
    png_destroy_read_struct(&png, nullptr, nullptr);
    result.error = "libpng can't start";
    return;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, nullptr);
    return;
  }
  png_set_read_fn(png, &source, png_take);
  png_set_user_limits(png, kLongestSide, kLongestSide);
  png_set_chunk_malloc_max(png, 8u << 20);
  png_read_info(png, info);
  const std::uint64_t bits_a_pixel =
      std::uint64_t{png_get_bit_depth(png, info)} * png_get_channels(png, info);
  if (plausible(result, png_get_image_width(png, info), png_get_image_height(png, info),
                kBestDeflateRatio * file.size() * 8 / bits_a_pixel)) {
    png_set_expand(png);
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    Image& image = result.image;
    image.height = png_get_image_height(png, info);
    image.width = png_get_image_width(png, info);
    image.channels = png_get_channels(png, info);
    const std::size_t row = image.width * image.channels;
    if (png_get_rowbytes(png, info) != row) png_error(png, "an unknown pixel format");
    image.pixels.resize(image.height * row);
    result.rows.resize(image.height);
    for (std::size_t y = 0; y < image.height; ++y) result.rows[y] = image.pixels.data() + y * row;
    png_read_image(png, result.rows.data());
    png_read_end(png, nullptr);
  }
  png_destroy_read_struct(&png, &info, nullptr);
}

}  // namespace

bool looks_like_image(std::span<const std::byte> file) { return is_png(file) || is_jpeg(file); }

Image decode_image(std::span<const std::byte> file, const std::string& name) {
  Result result;
  const char* kind = "JPEG";
  if (is_jpeg(file)) {
    std::vector<std::uint8_t> line;
    decode_jpeg(file, result, line);
  } else if (is_png(file)) {
    kind = "PNG";
    decode_png(file, result);
  } else {
    throw InvalidInput(fmt::format("{}: neither a JPEG nor a PNG image", name));
  }
  if (!result.error.empty()) {
    throw InvalidInput(fmt::format("{}: not a readable {} image: {}", name, kind, printable(result.error)));
  }
  return std::move(result.image);
}

}  // namespace mho::core
