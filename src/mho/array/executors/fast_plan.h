#pragma once
// A programmed matrix as the fast executor reads it: what is static is folded into as few products as the
// physics allows.
//
// - Pairs that are subtracted in wires become one matrix of differences.
// - Where one converter reads the sum of all input slices and no column clips in between, the slices become
//   one product with the whole input.
// - Fresh Gaussian read noise of every cell becomes one Gaussian of variance Σ x²σ² at every line read:
// exact,
//   since a sum of independent Gaussians is one.
// - Wires are folded before (wire_folding.h).
// - Digital logic after the converters is linear: every code has one weight in the answer.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mho/array/executors/kernel.h"
#include "mho/array/executors/kernel_elements.h"
#include "mho/array/executors/kernel_narrow.h"
#include "mho/array/executors/kernel_stairs.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/array/reading/reading.h"

namespace mho::array {

/// One array, or a pair that is subtracted before anything nonlinear happens.
struct Line {
  Columns columns;                    ///< conductances less `common`, or the differences of pairs
  double unit = 1;                    ///< conductance of an element 1 of `columns`
  double common = 0;                  ///< conductance of every cell beside that: adds common·Σx
  core::AlignedVector<float> narrow;  ///< `columns` as [row][column], of narrow plans
  Columns variance;  ///< of one read: the sum over both cells of a pair; no rows where there is no noise
  core::RandomKey noise_key;
};

/// The converter of a channel for currents that are sums of (input of a plane)·conductance. Only ideal,
/// uniform and sign-magnitude. `value` of a code: code·step + offset.
struct CodeScale {
  Conversion conversion;
  double step = 1;
  double offset = 0;
};
/// `unit`: current of a sum of 1.
CodeScale code_scale(const Converters& converters, double unit);

/// What one set of converters sees.
struct FastChannel {
  std::size_t block = 0;
  int slice = 0;
  const Converters* converters = nullptr;  ///< null where calibration is missing
  CodeScale scale;                         ///< of ideal, uniform and sign-magnitude converters
  Stairs stairs;                           ///< of the others
  std::vector<Line> lines;  ///< two where each column of a pair clips by itself: first − second
  double weight = 1;        ///< of what the converters answer, in the answer
  core::RandomKey adc_noise_key;
};

/// The arrays that share driven lines and read lines: all weight slices.
struct FastArray {
  std::size_t first = 0;  ///< of the outputs
  std::size_t outputs = 0;
  std::size_t unit = 0;  ///< unit columns before them
  std::size_t at = 0;    ///< first column in a block of answers, padded to 16
  std::vector<FastChannel> channels;
  std::size_t columns() const { return unit + outputs; }
};

struct FastDriven {
  Gather gather;
  Gather squares;  ///< the same lines in f32, for the variances
  /// Parts are packed several at a time, a wave, so that a block of answers stays in cache while all of them
  /// add to it. Bytes a vector and plane of the parts before this one in its wave, and its place there.
  std::size_t panels_before = 0, squares_before = 0, place = 0;
  std::vector<std::int64_t> rows;  ///< of narrow plans: where each row lies from its vector's origin
  std::vector<FastArray> arrays;
  std::size_t panel_bytes() const { return gather.chunks() * kChunkBytes; }
  std::size_t square_bytes() const { return squares.rows == 0 ? 0 : squares.chunks() * kChunkBytes; }
};

struct FastPlan {
  Reading reading;
  const Kernels* kernels = nullptr;
  const ElementKernels* elements = nullptr;
  StairsKernel climb = nullptr;
  NarrowKernel narrow_product = nullptr;

  std::vector<FastDriven> driven;
  std::size_t answer_columns = 0;  ///< of a block of answers
  bool in_place = false;           ///< a block of answers has the outputs' own layout
  bool exact = false;              ///< inputs and conductances are whole numbers of at most 8 bits
  Arithmetic arithmetic = Arithmetic::f32;
  int input_shift = 0;         ///< added to the inputs of 8 bits, which are unsigned
  int planes = 1;              ///< products a weight slice: input slices that are not folded
  bool digits = false;         ///< planes are digits of the input level, else the level itself
  int largest_input = 0;       ///< of a plane; 0: continuous
  double unit = 1;             ///< voltage of an input of 1 in a plane
  bool converts_each = false;  ///< one conversion a plane, not one of their sum
  double wires_residual = 0;   ///< of the wires that were folded in
  double limit = 0;            ///< column current limit that is not folded; 0: none
  bool noisy = false;
  bool structured = false;  ///< converters are staircases
  bool staged = false;      ///< currents are written to a block before they are converted
  /// Of every output, undone after the conversion. In `lines` already where nothing is staged.
  std::vector<float> gain;
  bool narrow = false;  ///< few columns and nothing but products: vectors may lie in the lanes

  std::size_t block_vectors = 1;                      ///< vectors that go through together
  std::vector<std::size_t> waves;                     ///< first part of each wave, and the end
  std::size_t wave_bytes = 0, wave_square_bytes = 0;  ///< a vector and plane, of the largest wave

  std::size_t padded(std::size_t columns) const { return (columns + 15) / 16 * 16; }
};

/// True where every read is a product with a matrix that holds still, but for noise that adds up at the
/// outputs, and ranges are the same for all vectors.
bool can_be_fast(const ProgrammedMatrix& matrix);

/// The plan keeps nothing of the matrix but what its kernels read.
FastPlan fast_plan(const ProgrammedMatrix& matrix, std::vector<std::int64_t> offsets, Direction direction,
                   const Ranges& ranges, core::Isa isa);

}  // namespace mho::array
