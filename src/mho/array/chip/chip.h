#pragma once
// A chip as it physically is: the conductances of the cells of all its matrices, what is known of each cell,
// and what gives them meaning. What is programmed, learned or measured is kept and handed on in this form.

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mho/core/sha256.h"
#include "mho/device/history.h"

namespace mho::array {

/// Cells of one kind of one matrix, (slices, rows, columns), row-major. Row i is input i, column j output j
/// of the whole matrix, however it is cut into arrays; of unit columns, that of the j-th part of the outputs.
struct ChipCells {
  std::size_t slices = 0, rows = 0, columns = 0;
  std::vector<double> conductance_s{};
  std::vector<device::Fault> faults{};  ///< as many, or none: no cell is known to be stuck
  std::vector<double> target_s{};       ///< what they were programmed to; as many, or none: not known

  std::size_t size() const { return slices * rows * columns; }
  bool empty() const { return size() == 0; }
  std::string shape() const;  ///< "(1, 64, 36)"
  friend bool operator==(const ChipCells&, const ChipCells&) = default;
};

/// What the conductances of a matrix mean as weights: the weight of output j is largest_weight, times
/// column_scales[j] where there are any, times the sum over slices of slice_factors[k]·v, v the cell value of
/// slice k, (g - zero)/span of a pair's difference or of a cell (docs/theory/array.md, "Weights").
struct ChipMeaning {
  std::string scheme;  ///< mapping.scheme
  int weight_bits = 0, cell_bits = 0;
  double g_on_s = 0, on_off_ratio = 0;
  double zero = 0, span = 1;  ///< of the cell values: that of 0, and from there to 1 [G_on]
  double largest_weight = 1;
  std::vector<float> column_scales{};   ///< of each output where columns have ranges of their own
  std::vector<double> slice_factors{};  ///< one a slice, least significant first
  std::vector<std::size_t>
      row_parts{};  ///< sizes: how it was cut into arrays, which names its random numbers
  std::vector<std::size_t> column_parts{};
  std::vector<device::Event> past{};  ///< since it was programmed, oldest first
  nlohmann::json ranges{};  ///< of inputs and converters when it was kept; null where they were not known
  friend bool operator==(const ChipMeaning&, const ChipMeaning&) = default;
};

/// The cells of one matrix of weights: `positive` and `negative` of differential schemes, or `cell` of offset
/// ones, with `unit` where the unit column is one of cells.
struct ChipMatrix {
  ChipCells positive, negative, cell, unit;
  std::optional<ChipMeaning> meaning;  ///< nothing where it was measured

  const ChipCells& first() const { return positive.empty() ? cell : positive; }
  friend bool operator==(const ChipMatrix&, const ChipMatrix&) = default;
};

/// Where a chip comes from.
struct ChipOrigin {
  std::string version{};   ///< of mho
  std::string identity{};  ///< of the result that it belongs to (docs/results.md); "" where there is none
  nlohmann::json study{};  ///< as resolved
  std::uint64_t seed = 1;
  std::uint32_t trial = 0;
  friend bool operator==(const ChipOrigin&, const ChipOrigin&) = default;
};

struct Chip {
  core::Digest contents{};                     ///< of the file
  std::string source;                          ///< file, for messages
  std::optional<ChipOrigin> origin;            ///< nothing where it was measured
  std::map<std::string, ChipMatrix> matrices;  ///< by the names of their random numbers: layer, or "layer#2"

  /// Throws InvalidInput that lists what there is. "" also means the only one that there is.
  const ChipMatrix& matrix(const std::string& name) const;
};

/// Reads a chip: NPZ with, for every matrix L, L/positive and L/negative, or L/cell and perhaps L/unit, in
/// siemens, and beside every X of these X_faults (0 sound, 1 stuck on, 2 stuck off, 3 stuck where it is) and
/// X_target where they are known; in it mho.json, which a measured chip does without. A matrix without a name
/// has no "L/". Throws InvalidInput with the entry that is wrong: conductances must be finite, and those that
/// were measured not negative.
Chip read_chip(const std::string& path);
/// The same from memory; `name` is that of the file.
Chip parse_chip(std::span<const std::byte> file, const std::string& name);

/// Writes that file, atomically. The same chip gives the same bytes.
void write_chip(const std::string& path, const Chip& chip);

}  // namespace mho::array
