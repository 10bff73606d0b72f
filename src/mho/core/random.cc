#include "mho/core/random.h"

#include <algorithm>
#include <cstddef>

#include "mho/core/random_groups.h"

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

namespace {

/// Whole blocks go straight to `out`; where the range starts or ends within one, a part is copied.
template <typename T>
void fill(RandomKind kind, const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<T> out) {
  static_assert(sizeof(T) == sizeof(std::uint32_t));
  while (!out.empty()) {
    const std::uint64_t group = first / kRandomGroup, skipped = first % kRandomGroup;
    if (skipped == 0 && out.size() >= kRandomGroup) {
      const std::size_t groups = out.size() / kRandomGroup;
      fill_groups(kind, key, draw, group, groups, out.data());
      first += groups * kRandomGroup;
      out = out.subspan(groups * kRandomGroup);
      continue;
    }
    alignas(64) T part[kRandomGroup];
    fill_groups(kind, key, draw, group, 1, part);
    const std::size_t n = std::min<std::size_t>(out.size(), kRandomGroup - skipped);
    std::copy_n(part + skipped, n, out.begin());
    first += n;
    out = out.subspan(n);
  }
}

}  // namespace

void fill_bits(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<std::uint32_t> out) {
  fill(RandomKind::bits, key, draw, first, out);
}

void fill_uniform(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<float> out) {
  fill(RandomKind::uniform, key, draw, first, out);
}

void fill_normal(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<float> out) {
  fill(RandomKind::normal, key, draw, first, out);
}

void fill_normal_pairs(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<float> a,
                       std::span<float> b) {
  while (!a.empty()) {
    const std::uint64_t group = first / kRandomGroup, skipped = first % kRandomGroup;
    std::size_t n = a.size() / kRandomGroup * kRandomGroup;
    if (skipped == 0 && n > 0) {
      fill_groups(RandomKind::normal_pair, key, draw, group, n / kRandomGroup, a.data(), b.data());
    } else {
      alignas(64) float part[2][kRandomGroup];
      fill_groups(RandomKind::normal_pair, key, draw, group, 1, part[0], part[1]);
      n = std::min<std::size_t>(a.size(), kRandomGroup - skipped);
      std::copy_n(part[0] + skipped, n, a.begin());
      std::copy_n(part[1] + skipped, n, b.begin());
    }
    first += n;
    a = a.subspan(n);
    b = b.subspan(n);
  }
}

}  // namespace mho::core
