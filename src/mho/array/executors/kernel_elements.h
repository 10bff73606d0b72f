#pragma once
// What the fast executors do to each input and each output by itself.

#include <cstddef>
#include <cstdint>
#include <span>

#include "mho/array/executors/kernel.h"
#include "mho/array/mapping/coding.h"
#include "mho/core/isa.h"

namespace mho::array {

struct ElementKernels {
  /// Levels of inputs: input_level() of each, or input_value() where inputs are continuous.
  void (*levels)(const InputCode& code, std::span<const float> inputs, float* out) = nullptr;
  /// Digit of `bits` bits above `shift` of each level, with the level's sign.
  void (*digits)(std::span<const float> levels, int shift, int bits, float* out) = nullptr;
  /// levels + add as int16 or as unsigned 8 bits.
  void (*narrow)(std::span<const float> levels, int add, Arithmetic to, std::byte* out) = nullptr;
  /// levels() and narrow() in one.
  void (*narrow_levels)(const InputCode& code, std::span<const float> inputs, int add, Arithmetic to,
                        std::byte* out) = nullptr;
  /// noise ← sqrt(variance)·noise.
  void (*scale_noise)(std::span<const float> variance, std::span<float> noise) = nullptr;
};

/// Those of an instruction set; `reference` gets the portable ones.
const ElementKernels& element_kernels(core::Isa isa);

}  // namespace mho::array
