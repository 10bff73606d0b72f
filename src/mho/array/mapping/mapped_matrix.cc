#include "mho/array/mapping/mapped_matrix.h"

namespace mho::array {

std::vector<Part> row_parts(std::size_t in, const Settings& settings) {
  return partition(in, settings.array.rows, settings.array.partition);
}

std::vector<Part> col_parts(std::size_t out, const Settings& settings) {
  const bool unit = settings.mapping.scheme == Scheme::offset_unit_column;
  const std::size_t cols = settings.array.cols;
  return partition(out, cols > 0 && unit ? cols - 1 : cols, settings.array.partition);
}

MappedMatrix map_matrix(std::size_t out, std::size_t in, const Settings& settings, const WeightCode& code,
                        const RandomSource& source) {
  MappedMatrix m;
  m.settings = settings;
  m.seed = source.seed;
  m.trial = source.trial;
  m.layer = source.layer;
  m.out = out;
  m.in = in;
  m.code = code;
  m.row_parts = row_parts(in, settings);
  m.col_parts = col_parts(out, settings);
  m.slices_there = static_cast<std::size_t>(code.slices);
  return m;
}

}  // namespace mho::array
