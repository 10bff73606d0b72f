#pragma once
// SHA-256 (FIPS 180-4), computed by libcrypto: the names of what decides a number.

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mho::core {

/// 32 bytes that no two different contents share.
using Digest = std::array<std::byte, 32>;

/// 64 hexadecimal digits.
std::string hex(const Digest& digest);

/// The digest of what is added, piece by piece; how it was cut into pieces doesn't matter.
class Sha256 {
 public:
  Sha256();  ///< throws SystemFailure where libcrypto refuses
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  Sha256& add(std::span<const std::byte> bytes);
  Sha256& add(std::string_view text) { return add(std::as_bytes(std::span(text))); }
  Digest digest();  ///< of all that was added; call it once, at the end

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest sha256(std::span<const std::byte> bytes);
Digest sha256(std::string_view text);

}  // namespace mho::core
