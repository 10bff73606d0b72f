// Any bytes are a JPEG or PNG image or are refused.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mho/core/error.h"
#include "mho/core/image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    mho::core::resized(mho::core::as_gray(mho::core::decode_image(bytes, "x.jpg")), 5, 7);
  } catch (const mho::core::InvalidInput&) {  // the only way to refuse
  }
  return 0;
}
