// Draws from mho's random numbers and reads a configuration, through the installed headers and libraries.
#include <cstdio>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/random.h"

int main() {
  std::vector<float> samples(10000);
  mho::core::fill_normal(mho::core::random_key({.seed = 1, .purpose = "consumer"}), 0, 0, samples);
  double sum = 0, squares = 0;
  for (const float x : samples) sum += x, squares += double{x} * x;
  const auto config = mho::core::Config::from_text("[adc]\nbits = 6", "consumer");
  const auto bits = config.root().table("adc").integer("bits", 8);
  std::printf("consumer: mean %+.3f, variance %.3f, adc.bits %lld\n", sum / 10000, squares / 10000,
              static_cast<long long>(bits));
  const bool good = bits == 6 && sum * sum < 1e4 * 25 && squares > 9000 && squares < 11000;
  return good ? 0 : 1;
}
