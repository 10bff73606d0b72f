#pragma once
// The vectorized part of random.h: samples in whole groups.

#include <cstddef>
#include <cstdint>

#include "mho/core/random.h"

namespace mho::core {

/// Samples 64·q to 64·q+63 come from the blocks 16·q to 16·q+15 of the generator: sample 64·q + 16·w + l is
/// made from word w of block 16·q + l, so that a vector of 16 lanes stores 16 consecutive samples.
constexpr std::size_t kRandomGroup = 64;

enum class RandomKind { bits, uniform, normal, normal_pair };

/// Writes groups `first`, `first`+1, …: 64·`groups` samples of 4 bytes, as std::uint32_t or float.
///
/// uniform: (b + 1/2)/2^23 from the upper 23 bits b of the word; exact in float, within [2^-24, 1-2^-24].
/// normal: words 0 and 1 of a block, likewise 2 and 3, make two samples (Box and Muller, doi
/// 10.1214/aoms/1177706645) from words U and V: R = sqrt(-2 ln((floor(U/2) + 1/2)/2^31)), at most 6.66;
/// T = π/4·s/2^31 with the signed number s of the lower 30 bits of V, shifted left by 2; the pair is
/// ±R(cos T, sin T) or ±R(sin T, cos T): bit 31 of V swaps, bit 30 negates. The first stands at U's place.
/// normal_pair: every word makes two samples, one for `out` and one for `second`, in the same way from the
/// radius sqrt(-2 ln((U + 1/2)/2^18)), U its upper 18 bits, and T = π/4·(s + 1/2)/2^11, s the signed number
/// of its lower 12; bit 13 swaps, bit 12 negates.
void fill_groups(RandomKind kind, const RandomKey& key, std::uint64_t draw, std::uint64_t first,
                 std::size_t groups, void* out, void* second = nullptr);

}  // namespace mho::core
