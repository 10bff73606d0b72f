// Any bytes are an NPY array or are refused.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mho/core/error.h"
#include "mho/core/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const auto array = mho::core::parse_npy(bytes, "x.npy");
    mho::core::elements_as<float>(array, "x.npy");
    mho::core::elements_as<std::int32_t>(array, "x.npy");
  } catch (const mho::core::InvalidInput&) {  // the only way to refuse
  }
  return 0;
}
