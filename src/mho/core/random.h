#pragma once
// Random numbers addressed by what they are for, never by who draws them.
//
// Philox4x32-10 (Salmon et al., SC'11, doi 10.1145/2063384.2063405): key = hash(seed, trial, purpose,
// layer), counter = (block, array, draw low, draw high). The same bits on any number of threads and on
// every SIMD target.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace mho::core {

/// Names one family of random numbers. Two streams that differ in any field are independent.
struct Stream {
  std::uint64_t seed = 1;         ///< of the study
  std::uint32_t trial = 0;        ///< chip, repetition
  std::string_view purpose = "";  ///< "programming", "read-noise", …
  std::string_view layer = "";    ///< name of the network layer, if any
  std::uint32_t array = 0;        ///< number of the array within the layer
};

/// A stream with its key computed: cheap to draw from.
struct RandomKey {
  std::array<std::uint32_t, 2> key{};
  std::uint32_t array = 0;
};
RandomKey random_key(const Stream& stream);

/// One block of Philox4x32-10: the plain definition, and the oracle of the vectorized code.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// Samples `first`, `first`+1, … of draw number `draw`, one an element (a cell, an output).
/// `first` may be any number: sample i is the same however the range is cut into calls.
/// normal: mean 0, variance 1. uniform: in (0,1), 24 bits, never 0 or 1. bits: 32 uniform bits.
void fill_normal(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<float> out);
void fill_uniform(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<float> out);
void fill_bits(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<std::uint32_t> out);

/// Two independent normal samples an element from the 32 bits that fill_bits gives it: 18 bits of radius, 14
/// of angle. Half the price of fill_normal, for noise whose far tail does not matter: no sample is
/// beyond 5.13 (of 3 million draws one would be), the variance is 1 - 1.3e-6, the kurtosis 3 - 5.8e-5, within
/// |z| < 2e-4 there are too few. a.size() == b.size().
void fill_normal_pairs(const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<float> a,
                       std::span<float> b);

}  // namespace mho::core
