#pragma once
// What decides one matrix beside its weights and settings: which random numbers it draws, and the ranges that
// it is read with.

#include <cstdint>
#include <string_view>
#include <vector>

#include "mho/array/mapping/settings.h"

namespace mho::array {

/// Names the random numbers of programming and of reading one matrix: those of the chip `trial` of a study
/// with this seed, and on it of the matrix `layer`.
struct RandomSource {
  std::uint64_t seed = 1;
  std::uint32_t trial = 0;
  std::string_view layer = "";
};

/// What calibration decides for one matrix.
struct Ranges {
  double input = 1;           ///< input full scale, in the user's units
  bool input_signed = false;  ///< inputs may be negative
  std::vector<Interval> adc;  ///< one, or one a slice; empty where the ADC needs none
  /// Amplification of every output's current before its converter, undone in digital logic; empty: none.
  std::vector<float> gain{};
};

}  // namespace mho::array
