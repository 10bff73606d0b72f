#include "mho/core/random.h"

#include <cmath>
#include <numbers>
#include <vector>

namespace mho::core {
namespace {

constexpr std::uint64_t kFnvPrime = 0x100000001b3;

std::uint64_t hashed(std::uint64_t h, std::string_view text) {
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * kFnvPrime;
  return (h ^ 0xff) * kFnvPrime;  // so that ("ab", "c") and ("a", "bc") differ
}

/// splitmix64's finalizer: every bit of the input moves every bit of the output.
std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

RandomKey random_key(const Stream& stream) {
  std::uint64_t h = mixed(0xcbf29ce484222325 ^ mixed(stream.seed + 0x9e3779b97f4a7c15));
  h = mixed(h + stream.trial);
  h = mixed(hashed(h, stream.purpose));
  h = mixed(hashed(h, stream.layer));
  return {{static_cast<std::uint32_t>(h), static_cast<std::uint32_t>(h >> 32)}, stream.array};
}

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c;
}

// Sample i comes from block (i/64)*16 + i%16, word (i/16)%4, so that a vector of 16 lanes stores 16
// consecutive samples.
void fill_bits(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<std::uint32_t> out) {
  for (std::size_t n = 0; n < out.size(); ++n) {
    const std::uint64_t i = first + n;
    const auto block = static_cast<std::uint32_t>(i / 64 * 16 + i % 16);
    out[n] =
        philox({block, key.array, static_cast<std::uint32_t>(draw), static_cast<std::uint32_t>(draw >> 32)},
               key.key)[i / 16 % 4];
  }
}

void fill_uniform(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<float> out) {
  std::vector<std::uint32_t> bits(out.size());
  fill_bits(key, draw, first, bits);
  for (std::size_t n = 0; n < out.size(); ++n) out[n] = (static_cast<float>(bits[n] >> 9) + 0.5f) * 0x1p-23f;
}

void fill_normal(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<float> out) {
  for (std::size_t n = 0; n < out.size(); ++n) {
    const std::uint64_t i = first + n;
    const std::uint64_t pair = i - (i / 16 % 2) * 16;  // words 0 and 1 (2 and 3) of a block make two samples
    std::uint32_t u[1], v[1];
    fill_bits(key, draw, pair, u);
    fill_bits(key, draw, pair + 16, v);
    const double radius = std::sqrt(-2 * std::log((u[0] + 0.5) * 0x1p-32));
    const double angle = 2 * std::numbers::pi * (v[0] + 0.5) * 0x1p-32;
    out[n] = static_cast<float>(radius * (i / 16 % 2 ? std::sin(angle) : std::cos(angle)));
  }
}

}  // namespace mho::core
