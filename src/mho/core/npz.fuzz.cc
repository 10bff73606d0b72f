// Any bytes are an NPZ archive or are refused.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mho/core/error.h"
#include "mho/core/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    mho::core::parse_npz(bytes, "x.npz");
  } catch (const mho::core::InvalidInput&) {  // the only way to refuse
  }
  return 0;
}
