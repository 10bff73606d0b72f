#pragma once
// Where a weight matrix lies on arrays, how it is coded there and how it is read: all but the cells.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mho/array/mapping/coding.h"
#include "mho/array/mapping/ranges.h"
#include "mho/array/mapping/settings.h"

namespace mho::array {

struct MappedMatrix {
  Settings settings;
  Ranges ranges;  ///< as given to program; a Product may be made with others
  std::uint64_t seed = 1;
  std::uint32_t trial = 0;
  std::string layer;

  std::size_t out = 0, in = 0;  ///< of the weight matrix
  WeightCode code;
  std::vector<float> column_scale;  ///< of each output, where columns have ranges of their own
  std::vector<Part> row_parts, col_parts;
  /// Slices that a chip has on these parts, of which those from `first_slice` on are here; numbers the
  /// arrays.
  std::size_t slices_there = 1, first_slice = 0;

  bool differential() const { return is_differential(code.scheme); }
  /// 1 where the first column of every array is the unit column (w = 0 in every row), else 0.
  std::size_t unit_columns() const { return code.scheme == Scheme::offset_unit_column ? 1 : 0; }
  RandomSource random_source() const { return {.seed = seed, .trial = trial, .layer = layer}; }

  /// Arrays (or pairs of them) lie row parts outermost, then column parts, then slices.
  std::size_t block_count() const { return row_parts.size() * col_parts.size() * code.slices; }
  std::size_t block_index(std::size_t row_part, std::size_t col_part, int slice) const {
    return (row_part * col_parts.size() + col_part) * code.slices + slice;
  }
  struct Place {
    std::size_t row_part = 0, col_part = 0;
    int slice = 0;
    std::uint32_t number = 0;  ///< of its array, or of its plus cells; minus cells have the next one
  };
  Place place_of(std::size_t block) const {
    const auto slices = static_cast<std::size_t>(code.slices);
    const std::size_t part = block / slices, slice = block % slices;
    return {part / col_parts.size(), part % col_parts.size(), static_cast<int>(slice),
            static_cast<std::uint32_t>(2 * (part * slices_there + first_slice + slice))};
  }
  Part rows_of(const Place& place) const { return row_parts[place.row_part]; }
  Part cols_of(const Place& place) const { return col_parts[place.col_part]; }
};

/// How the outputs of an array may be split: parts of the matrix' outputs, less the unit column.
std::vector<Part> row_parts(std::size_t in, const Settings& settings);
std::vector<Part> col_parts(std::size_t out, const Settings& settings);

/// A matrix of (out, in) weights with this code on the arrays of `settings`.
MappedMatrix map_matrix(std::size_t out, std::size_t in, const Settings& settings, const WeightCode& code,
                        const RandomSource& source);

}  // namespace mho::array
