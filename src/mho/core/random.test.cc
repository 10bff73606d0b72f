// Random numbers: Philox as published, the same bits everywhere, and distributed as they should be.

#include "mho/core/random.h"

#include <Random123/philox.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

#include "mho/core/isa.h"
#include "mho/core/random_groups.h"

namespace mho::core {
namespace {

using Words = std::array<std::uint32_t, 4>;
const RandomKey kKey = random_key({.seed = 7, .trial = 3, .purpose = "test", .layer = "conv1", .array = 5});

std::vector<float> normals(std::uint64_t first, std::size_t n, std::uint64_t draw = 0) {
  std::vector<float> out(n);
  fill_normal(kKey, draw, first, out);
  return out;
}

class OnIsa {
 public:
  explicit OnIsa(Isa isa) : before_(current_isa()) { use_isa(isa); }
  ~OnIsa() { use_isa(before_); }
  OnIsa(const OnIsa&) = delete;
  OnIsa& operator=(const OnIsa&) = delete;

 private:
  Isa before_;
};

// The known answers that Random123 1.14 publishes (kat_vectors, philox4x32 10).
TEST(Philox, GivesThePublishedAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// fill_bits on every target is Random123's philox4x32(10), block by block.
TEST(Philox, VectorsAreRandom123) {
  constexpr std::size_t n = 3 * kRandomGroup + 17;
  for (const Isa isa : available_isas()) {
    const OnIsa on(isa);
    for (const std::uint64_t draw : {std::uint64_t{0}, std::uint64_t{0x123456789abcdef0}}) {
      for (const std::uint64_t first :
           {std::uint64_t{0}, std::uint64_t{5}, 4 * std::uint64_t{0xfffffff0} + 3}) {
        std::vector<std::uint32_t> bits(n);
        fill_bits(kKey, draw, first, bits);
        for (std::size_t j = 0; j < n; ++j) {
          const std::uint64_t i = first + j;
          const r123::Philox4x32::ctr_type counter{{static_cast<std::uint32_t>(i / 64 * 16 + i % 16),
                                                    kKey.array, static_cast<std::uint32_t>(draw),
                                                    static_cast<std::uint32_t>(draw >> 32)}};
          const r123::Philox4x32::key_type key{{kKey.key[0], kKey.key[1]}};
          ASSERT_EQ(bits[j], (r123::Philox4x32{}(counter, key)[i / 16 % 4])) << name(isa) << " sample " << i;
        }
      }
    }
  }
}

template <typename T>
void same_on_every_isa(void (*fill)(const RandomKey&, std::uint64_t, std::uint64_t, std::span<T>)) {
  std::vector<T> expected(200'000), got(200'000);
  {
    const OnIsa on(Isa::portable);
    fill(kKey, 11, 1, expected);
  }
  for (const Isa isa : available_isas()) {
    const OnIsa on(isa);
    fill(kKey, 11, 1, got);
    EXPECT_EQ(std::memcmp(got.data(), expected.data(), got.size() * sizeof(T)), 0) << name(isa);
  }
}

TEST(Random, EveryTargetGivesTheSameBits) {
  same_on_every_isa(fill_bits);
  same_on_every_isa(fill_uniform);
  same_on_every_isa(fill_normal);
}

TEST(Random, ASampleIsTheSameHoweverTheRangeIsCut) {
  const std::vector<float> whole = normals(0, 1000);
  for (const std::size_t step : {1u, 7u, 64u, 100u, 333u}) {
    std::vector<float> pieces;
    for (std::size_t first = 0; first < whole.size(); first += step) {
      const auto piece = normals(first, std::min(step, whole.size() - first));
      pieces.insert(pieces.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(pieces, whole) << step;
  }
  EXPECT_TRUE(normals(5, 0).empty());
}

// The definition in random_groups.h in double precision. Float rounds U to 24 bits: near U = 2^32, where R is
// about sqrt(2(1 - U/2^32)), that moves R by up to 2^-24/R; the rest is a few units in the last place.
TEST(Random, NormalsAreBoxAndMuller) {
  std::vector<std::uint32_t> bits(64'000);
  fill_bits(kKey, 0, 0, bits);
  const auto z = normals(0, bits.size());
  double largest = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const bool second = i / 16 % 2 != 0;
    const std::uint32_t u = bits[second ? i - 16 : i], v = bits[second ? i : i + 16];
    const double radius = std::sqrt(-2 * std::log(((u >> 1) + 0.5) * 0x1p-31)) * (v >> 30 & 1 ? -1 : 1);
    const double t = std::numbers::pi / 4 * static_cast<std::int32_t>(v << 2) * 0x1p-31;
    const bool sine = second != (v >> 31 != 0);
    const double expected = radius * (sine ? std::sin(t) : std::cos(t));
    const double bound = 4e-7 * std::abs(radius) + 0x1p-23 / std::max(std::abs(radius), 1e-3);
    largest = std::max(largest, std::abs(z[i] - expected));
    ASSERT_NEAR(z[i], expected, bound) << i;
  }
  EXPECT_LT(largest, 1e-5);
}

struct TwoNormals {
  std::vector<float> a, b;
};
TwoNormals normal_pairs(std::uint64_t first, std::size_t n, std::uint64_t draw) {
  TwoNormals out{std::vector<float>(n), std::vector<float>(n)};
  fill_normal_pairs(kKey, draw, first, out.a, out.b);
  return out;
}

// The definition of pairs in double precision, on every target to the same bits, however the range is cut.
TEST(Random, PairsAreBoxAndMullerOfOneWord) {
  std::vector<std::uint32_t> bits(64'000);
  fill_bits(kKey, 3, 0, bits);
  const TwoNormals z = normal_pairs(0, bits.size(), 3);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const std::uint32_t w = bits[i];
    const double radius = std::sqrt(-2 * std::log(((w >> 14) + 0.5) * 0x1p-18)) * (w >> 12 & 1 ? -1 : 1);
    const double s = static_cast<std::int32_t>(w << 20) / (1 << 20);
    const double t = std::numbers::pi / 4 * (s + 0.5) * 0x1p-11;
    const bool swap = (w >> 13 & 1) != 0;
    const double bound = 4e-7 * std::abs(radius) + 0x1p-23 / std::max(std::abs(radius), 1e-3);
    ASSERT_NEAR(z.a[i], radius * (swap ? std::sin(t) : std::cos(t)), bound) << i;
    ASSERT_NEAR(z.b[i], radius * (swap ? std::cos(t) : std::sin(t)), bound) << i;
  }
  for (const Isa isa : available_isas()) {
    const OnIsa on(isa);
    for (const std::size_t step : {64'000u, 333u, 64u}) {
      for (std::size_t first = 0; first < bits.size(); first += step) {
        const std::size_t n = std::min(step, bits.size() - first);
        const TwoNormals piece = normal_pairs(first, n, 3);
        ASSERT_TRUE(std::equal(piece.a.begin(), piece.a.end(), z.a.begin() + std::ptrdiff_t(first)))
            << name(isa);
        ASSERT_TRUE(std::equal(piece.b.begin(), piece.b.end(), z.b.begin() + std::ptrdiff_t(first)));
      }
    }
  }
}

// What 18 bits of radius cost: all 2^18 radii, squared, have a mean 2 - 2.6e-6 and a mean square 8 - 1.6e-4;
// angles evenly spaced by 2π/2^14 add nothing to these. The largest radius is 5.131.
TEST(Random, PairsHaveTheMomentsAndTailsOfANormal) {
  double square = 0, fourth = 0;
  constexpr double kRadii = 1 << 18;
  for (double u = 0; u < kRadii; ++u) {
    const double r2 = -2 * std::log((u + 0.5) / kRadii);
    square += r2 / kRadii;
    fourth += r2 * r2 / kRadii;
  }
  EXPECT_NEAR(square / 2, 1, 1.4e-6);    // variance of each sample: mean of cos² is 1/2
  EXPECT_NEAR(fourth * 3 / 8, 3, 6e-5);  // its fourth moment: mean of cos⁴ is 3/8

  constexpr std::size_t n = 4'000'000;
  const TwoNormals z = normal_pairs(0, n, 45);
  double product = 0, product_of_squares = 0;
  for (const auto* v : {&z.a, &z.b}) {
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0, largest = 0;
    for (const double x : *v) {
      m1 += x;
      m2 += x * x;
      m3 += x * x * x;
      m4 += x * x * x * x;
      largest = std::max(largest, std::abs(x));
    }
    EXPECT_NEAR(m1 / n, 0, 5 * std::sqrt(1.0 / n));
    EXPECT_NEAR(m2 / n, 1, 5 * std::sqrt(2.0 / n));
    EXPECT_NEAR(m3 / n, 0, 5 * std::sqrt(15.0 / n));
    EXPECT_NEAR(m4 / n, 3, 5 * std::sqrt(96.0 / n));
    EXPECT_LT(largest, std::sqrt(2 * std::log(2 * kRadii)) + 1e-5);
    for (const double limit : {1.0, 2.0, 3.0, 4.0, 4.5}) {
      const double p = 0.5 * std::erfc(limit / std::numbers::sqrt2);
      const double bound = 5 * std::sqrt(n * p) + 5;
      EXPECT_NEAR(double(std::count_if(v->begin(), v->end(), [&](float x) { return x > limit; })), n * p,
                  bound);
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double x = z.a[i], y = z.b[i];
    product += x * y;
    product_of_squares += (x * x - 1) * (y * y - 1) / 2;
  }
  EXPECT_LT(std::abs(product), 5 * std::sqrt(double(n)));
  EXPECT_LT(std::abs(product_of_squares), 5 * std::sqrt(double(n)));
}

// Words of all zeros and all ones are the ends of the distribution: finite, and 6.66 is the largest radius.
TEST(Random, TheEndsAreFinite) {
  const auto z = normals(0, 4'000'000);
  for (const float value : z) ASSERT_LE(std::abs(value), std::sqrt(2 * std::log(0x1p32)) + 1e-5);
}

TEST(Random, UniformsAreNeverZeroOrOne) {
  std::vector<float> u(1 << 20);
  std::vector<std::uint32_t> bits(1 << 20);
  fill_uniform(kKey, 0, 0, u);
  fill_bits(kKey, 0, 0, bits);
  for (std::size_t i = 0; i < u.size(); ++i) {
    ASSERT_EQ(u[i], ((bits[i] >> 9) + 0.5) * 0x1p-23);
    ASSERT_GT(u[i], 0.0f);
    ASSERT_LT(u[i], 1.0f);
  }
  // The extreme words give 2^-24 and 1 - 2^-24, both floats.
  EXPECT_EQ(static_cast<float>(0.5 * 0x1p-23), 0x1p-24f);
  EXPECT_LT(static_cast<float>((0x7fffff + 0.5) * 0x1p-23), 1.0f);
}

// Moments of N samples lie within 5 standard errors: sqrt(1/N), sqrt(2/N), sqrt(15/N), sqrt(96/N).
TEST(Random, NormalsHaveTheMomentsOfANormal) {
  constexpr std::size_t n = 4'000'000;
  const auto z = normals(0, n, 42);
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
  for (const double x : z) {
    m1 += x;
    m2 += x * x;
    m3 += x * x * x;
    m4 += x * x * x * x;
  }
  EXPECT_NEAR(m1 / n, 0, 5 * std::sqrt(1.0 / n));
  EXPECT_NEAR(m2 / n, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(m3 / n, 0, 5 * std::sqrt(15.0 / n));
  EXPECT_NEAR(m4 / n, 3, 5 * std::sqrt(96.0 / n));
}

// Numbers beyond 1 … 5 sigma are binomial with the normal's tail probability.
TEST(Random, TailsAreThoseOfANormal) {
  constexpr double n = 8'000'000;
  const auto z = normals(0, static_cast<std::size_t>(n), 43);
  for (const double limit : {1.0, 2.0, 3.0, 4.0, 4.5, 5.0}) {
    const double p = 0.5 * std::erfc(limit / std::numbers::sqrt2);
    const double bound = 5 * std::sqrt(n * p * (1 - p)) + 5;
    EXPECT_NEAR(std::count_if(z.begin(), z.end(), [&](float x) { return x > limit; }), n * p, bound);
    EXPECT_NEAR(std::count_if(z.begin(), z.end(), [&](float x) { return x < -limit; }), n * p, bound);
  }
}

// Kolmogorov-Smirnov: sqrt(N)·D exceeds 2.2 with probability 1.3e-4.
TEST(Random, NormalsFollowTheNormalDistribution) {
  constexpr std::size_t n = 1'000'000;
  auto z = normals(0, n, 44);
  std::sort(z.begin(), z.end());
  double d = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double p = 0.5 * std::erfc(-z[i] / std::numbers::sqrt2);
    d = std::max({d, std::abs(p - double(i) / n), std::abs(p - double(i + 1) / n)});
  }
  EXPECT_LT(std::sqrt(double(n)) * d, 2.2);
}

// Independent samples correlate as 1/sqrt(N): neighbours, the two of a pair, other draws and streams.
TEST(Random, SamplesAreUncorrelated) {
  constexpr std::size_t n = 1'000'000;
  const auto z = normals(0, n, 1);
  const auto correlation = [&](const std::vector<float>& a, std::size_t lag, bool squared) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < n; ++i) {
      const double x = z[i], y = a[i + lag];
      sum += squared ? (x * x - 1) * (y * y - 1) / 2 : x * y;
    }
    return sum / std::sqrt(double(n - lag));
  };
  for (const bool squared : {false, true}) {
    for (const std::size_t lag : {1u, 4u, 8u, 16u, 17u, 32u, 48u, 64u, 256u, 1024u}) {
      EXPECT_LT(std::abs(correlation(z, lag, squared)), 5) << "lag " << lag;
    }
    EXPECT_LT(std::abs(correlation(normals(0, n, 2), 0, squared)), 5) << "next draw";
    EXPECT_LT(std::abs(correlation(normals(0, n, std::uint64_t{1} << 32 | 1), 0, squared)), 5);
  }
}

TEST(Random, EveryFieldOfAStreamGivesOtherNumbers) {
  const Stream base{.seed = 1, .trial = 2, .purpose = "read", .layer = "fc", .array = 3};
  std::vector<Stream> streams(7, base);
  streams[1].seed = 2;
  streams[2].trial = 3;
  streams[3].purpose = "programming";
  streams[4].layer = "fc2";
  streams[5].array = 4;
  streams[6].purpose = "readf";  // with the layer "c": the same letters, cut elsewhere
  streams[6].layer = "c";
  std::vector<std::vector<float>> samples;
  for (const Stream& s : streams) {
    samples.emplace_back(64);
    fill_uniform(random_key(s), 0, 0, samples.back());
  }
  for (std::size_t a = 0; a < samples.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) EXPECT_NE(samples[a], samples[b]) << a << " " << b;
  }
}

}  // namespace
}  // namespace mho::core
