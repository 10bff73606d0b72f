// Any bytes are a chip or are refused.

#include <cstddef>
#include <cstdint>
#include <span>

#include "mho/array/chip/chip.h"
#include "mho/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    mho::array::parse_chip(std::as_bytes(std::span(data, size)), "x.npz");
  } catch (const mho::core::InvalidInput&) {  // the only way to refuse
  }
  return 0;
}
