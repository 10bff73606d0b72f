#pragma once
// What every executor must know to read a programmed matrix in one direction with given ranges, and the
// names of the random numbers of reading.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mho/array/converters/converter.h"
#include "mho/array/mapping/coding.h"
#include "mho/array/mapping/mapped_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/core/random.h"

namespace mho::array {

/// Forward: rows are driven, columns read. Transposed: columns driven, rows read. "Lines driven" and
/// "lines read" below mean either.
struct Reading {
  Direction direction = Direction::forward;
  Ranges ranges;
  InputCode input;
  std::size_t inputs = 0, outputs = 0;  ///< lengths of x and y
  std::vector<Part> driven, read;       ///< parts of x and of y
  /// y = out_scale·(Σ_blocks slice_scale[i]·compensation·q − sum_scale·Σx), x over full scale.
  std::vector<double> slice_scale;
  double sum_scale = 0;
  double out_scale = 1;                ///< W_max·input full scale; where that is automatic, W_max alone
  bool unit_column_subtracts = false;  ///< forward, with a unit column
  bool has_converters = false;         ///< false: calibrated ranges are missing, only observe() works
  std::vector<Converters> plus;        ///< of every block: of its array, or of its pair's common current
  std::vector<Converters> minus;       ///< of every block where pairs are subtracted digitally, else empty
  /// Full scale is the largest magnitude of each vector of inputs; `input` is that of inputs over it.
  bool automatic_input = false;
  /// Full scale is the largest magnitude of the currents of an array at each conversion; converters are those
  /// of currents over it. Where no current flows there is nothing to convert: all answers are 0.
  bool automatic_adc = false;
};

Reading reading(const MappedMatrix& matrix, Direction direction, const Ranges& ranges);

/// Random numbers, by (seed, trial, layer) of the chip, purpose, and the number of the array:
///   "programming"     draw and element as device::Cell::program uses them, element = row·columns + column
///   "read-noise"      draw = vector·K + input slice, element = row·columns + column (the same cell, forward
///                     or transposed, but transposed reads have the purpose "read-noise-transposed")
///   "read-noise-sum"  of executors that add one Gaussian a line read: draw = (vector/65536)·K + input slice,
///                     element = (vector mod 65536)·(lines read, padded to 16) + line
///                     ("read-noise-sum-transposed" along the rows)
///   "adc-noise"       draw = vector·K + input slice (0 where converted once), element = line read
///   "converter"       draw 0: capacitors, draw 1: comparators
/// A pair's common converter has the number of its plus array.
core::RandomKey array_key(const MappedMatrix& matrix, std::string_view purpose, std::uint32_t array);

}  // namespace mho::array
