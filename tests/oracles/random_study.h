#pragma once
// Random valid studies of one matrix, from the whole space of [device], [array], [mapping], [input], [adc]
// and [wires]. The same number gives the same study for ever.

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "mho/core/random.h"

namespace mho::oracles {

/// Uniform choices, one after the other.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : key_(core::random_key({.seed = seed, .purpose = "random study"})) {}
  /// In [0, n).
  int below(int n) { return static_cast<int>(bits() % static_cast<std::uint32_t>(n)); }
  int between(int low, int high) { return low + below(high - low + 1); }
  /// True in `percent` of 100 cases.
  bool chance(int percent) { return below(100) < percent; }
  double uniform(double low, double high) { return low + (high - low) * (bits() * 0x1p-32); }
  template <typename T>
  T any(std::initializer_list<T> of) {
    return of.begin()[below(static_cast<int>(of.size()))];
  }

 private:
  std::uint32_t bits() {
    std::uint32_t b = 0;
    core::fill_bits(key_, 0, at_++, {&b, 1});
    return b;
  }
  core::RandomKey key_;
  std::uint64_t at_ = 0;
};

struct RandomStudy {
  std::string toml;
  std::size_t out = 1, in = 1, batch = 1;
  bool negative_inputs = false;
  bool transposed = false;
  bool wires = false;
  bool automatic_adc = false;
};

inline RandomStudy random_study(std::uint64_t seed) {
  Dice dice(seed);
  RandomStudy s;
  s.wires = dice.chance(5);
  s.out = dice.chance(10) ? 1 : dice.between(1, s.wires ? 6 : 21);
  s.in = dice.chance(10) ? 1 : dice.between(1, s.wires ? 8 : 40);
  s.batch = dice.between(1, 5);
  s.negative_inputs = dice.chance(50);
  s.transposed = dice.chance(25);
  const auto number = [](double x) { return fmt::format("{:.6g}", x); };

  const int cell_bits = dice.chance(60) ? 0 : dice.between(2, 8);
  s.toml += fmt::format("[device]\ncard = \"{}\"\non_off_ratio = {}\ncell_bits = {}\nread_noise = false\n",
                        dice.any({"ideal", "ideal", "state-proportional", "state-independent"}),
                        dice.any({"2", "10", "100", "inf"}), cell_bits);
  if (dice.chance(20))
    s.toml += fmt::format("faults = {{stuck_on = 0.02, stuck_off = {}}}\n", dice.any({0.0, 0.1}));
  if (dice.chance(30)) s.toml += "clip = \"range\"\n";

  const bool unit = dice.chance(20);
  s.toml += fmt::format("[array]\nrows = {}\ncols = {}\npartition = \"{}\"\n", dice.any({0, 0, 1, 7, 16, 64}),
                        dice.any({0, 0, unit ? 2 : 1, 5, 16, 64}), dice.any({"even", "fill"}));
  if (dice.chance(15)) s.toml += "column_current_limit = " + number(dice.uniform(0.3, 5)) + "\n";

  const bool pairs = !unit && dice.chance(70);
  const std::string scheme = unit    ? "offset-unit-column"
                             : pairs ? dice.any({"differential", "differential-two-sided"})
                                     : "offset";
  const int weight_bits = dice.chance(25) ? 0 : dice.between(2, 9);
  const int slices = weight_bits == 0 || dice.chance(50) ? 1 : dice.between(1, 5);
  const bool interleaved = pairs && dice.chance(20);
  s.toml += fmt::format("[mapping]\nscheme = \"{}\"\nweight_bits = {}\nslices = {}\nweight_range = {}\n",
                        scheme, weight_bits, slices, dice.any({"\"max\"", "\"99%\"", "0.7"}));
  s.toml += fmt::format("subtract = \"{}\"\ninterleaved = {}\n",
                        !interleaved && dice.chance(30) ? "digital" : "analog", interleaved);

  const bool gated = s.wires && !s.transposed && dice.chance(30);
  const int bits = !gated && dice.chance(20) ? 0 : dice.between(2, 9);
  const int slice_bits = gated ? 1 : bits == 0 || dice.chance(50) ? 0 : dice.between(1, 4);
  s.toml += fmt::format("[input]\nbits = {}\nslice_bits = {}\n", bits, slice_bits);
  std::string input_range = dice.any({"\"calibrated\"", "0.8", "1.3"});
  const std::size_t input_end = s.toml.size();

  const std::string kind = dice.any(
      {"ideal", "uniform", "uniform", "uniform", "sign-magnitude", "ramp", "sar", "pipeline", "cyclic"});
  const bool granular = (cell_bits > 0 || weight_bits > 0) && dice.chance(25);
  s.toml += fmt::format("[adc]\nkind = \"{}\"\nbits = {}\nper_input_slice = {}\n", kind, dice.between(2, 8),
                        dice.chance(50));
  const std::string range = granular ? "granular" : dice.any({"max", "calibrated", "calibrated"});
  std::string adc_range = fmt::format("range = \"{}\"\n", range);
  if (range == "calibrated" && dice.chance(30)) adc_range += "range_per = \"column\"\n";
  const std::size_t adc_end = s.toml.size();
  if (dice.chance(30)) {
    s.toml +=
        fmt::format("gain_db = {}\nsigma_capacitor = 0.02\nsigma_comparator = 0.01\ngroup_columns = {}\n",
                    dice.any({40, 60}), dice.any({1, 3, 8}));
  }
  if (dice.chance(15)) s.toml += "noise_lsb = 0.5\n";
  if (s.wires) {
    s.toml +=
        fmt::format("[wires]\nrow_ohm = {}\ncol_ohm = {}\nrow_terminal_ohm = {}\ncol_terminal_ohm = {}\n",
                    dice.any({0.0, 3.0, 50.0}), dice.any({0.0, 2.0, 40.0}), dice.any({0.0, 100.0}),
                    dice.any({0.0, 200.0}));
    s.toml +=
        fmt::format("gated = {}\nunused_rows = \"{}\"\n", gated, dice.any({"output-end", "supply-end"}));
  }
  s.automatic_adc = dice.chance(20);
  if (s.automatic_adc) adc_range = "range = \"auto\"\n";
  if (dice.chance(20)) input_range = "\"auto\"";
  s.toml.insert(adc_end, adc_range);
  s.toml.insert(input_end, "range = " + input_range + "\n");
  return s;
}

}  // namespace mho::oracles
