#pragma once
// Readers under hostile input: whatever the bytes, they answer or say InvalidInput, soon.

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "mho/core/error.h"

namespace mho::tests {

using Parse = std::function<void(std::span<const std::byte>)>;

/// True where the bytes were read, false where they were refused as InvalidInput; anything else fails.
inline bool reads(const Parse& parse, std::span<const std::byte> bytes) {
  try {
    parse(bytes);
    return true;
  } catch (const core::InvalidInput& error) {
    EXPECT_GT(std::string(error.what()).size(), 10u);
  }
  return false;
}

/// The file cut after each of its bytes: never read as if whole, unless `prefix_is_valid`.
inline void refuses_every_truncation(const Parse& parse, std::span<const std::byte> file,
                                     bool prefix_is_valid = false) {
  for (std::size_t n = 0; n < file.size(); ++n) {
    const std::vector<std::byte> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_TRUE(!reads(parse, cut) || prefix_is_valid) << "cut to " << n << " bytes";
  }
}

/// Every bit flipped alone, every byte set to 0 and 255: read or refused. Returns how many were refused.
inline std::size_t survives_every_flip(const Parse& parse, std::span<const std::byte> file) {
  std::size_t refused = 0;
  std::vector<std::byte> bytes(file.begin(), file.end());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::byte original = bytes[i];
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] = original ^ static_cast<std::byte>(1 << bit);
      refused += !reads(parse, bytes);
    }
    for (const int value : {0, 255}) {
      bytes[i] = static_cast<std::byte>(value);
      refused += !reads(parse, bytes);
    }
    bytes[i] = original;
  }
  return refused;
}

}  // namespace mho::tests
