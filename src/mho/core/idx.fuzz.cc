// Any bytes are an IDX file, packed or not, or are refused.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mho/core/error.h"
#include "mho/core/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    mho::core::parse_idx(bytes, "x.idx");
  } catch (const mho::core::InvalidInput&) {  // the only way to refuse
  }
  return 0;
}
