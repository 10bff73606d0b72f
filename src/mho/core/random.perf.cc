// The roof is the arithmetic of Philox4x32-10: 20 widening products for 4 words.

#include <benchmark/benchmark.h>

#include <string>

#include "mho/core/isa.h"
#include "mho/core/matrix.h"
#include "mho/core/random.h"

namespace mho::core {
namespace {

const RandomKey kKey = random_key({.seed = 1, .purpose = "benchmark"});

/// Buffers of 64 Ki samples stay in the second-level cache.
template <typename T>
void measure(benchmark::State& state, Isa isa,
             void (*fill)(const RandomKey&, std::uint64_t, std::uint64_t, std::span<T>)) {
  const Isa before = current_isa();
  use_isa(isa);
  AlignedVector<T> out(64 * 1024);
  std::uint64_t draw = 0;
  for (auto _ : state) {
    fill(kKey, draw++, 0, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
  state.counters["ns_per_sample"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(out.size()) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  use_isa(before);
}

// Goals on one core of a Zen 5: AVX-512 normals 0.6 ns, bits 0.35 ns a sample.
[[maybe_unused]] const bool registered = [] {
  for (const Isa isa : available_isas()) {
    if (isa == Isa::reference) continue;
    const std::string goal = isa == Isa::avx512 ? "/goal_0.6_ns" : "";
    benchmark::RegisterBenchmark(("fill_normal/" + name(isa) + goal).c_str(),
                                 [isa](benchmark::State& s) { measure<float>(s, isa, fill_normal); });
    benchmark::RegisterBenchmark(("fill_normal_pairs/" + name(isa)).c_str(), [isa](benchmark::State& s) {
      measure<float>(
          s, isa, [](const RandomKey& key, std::uint64_t draw, std::uint64_t first, std::span<float> out) {
            fill_normal_pairs(key, draw, first, out.first(out.size() / 2), out.subspan(out.size() / 2));
          });
    });
    benchmark::RegisterBenchmark(("fill_uniform/" + name(isa)).c_str(),
                                 [isa](benchmark::State& s) { measure<float>(s, isa, fill_uniform); });
    benchmark::RegisterBenchmark(("fill_bits/" + name(isa)).c_str(),
                                 [isa](benchmark::State& s) { measure<std::uint32_t>(s, isa, fill_bits); });
  }
  return true;
}();

}  // namespace
}  // namespace mho::core
