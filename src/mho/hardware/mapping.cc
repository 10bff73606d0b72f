#include "mho/hardware/mapping.h"

#include <algorithm>
#include <cmath>

namespace mho::hardware {
namespace {

struct Pieces {
  std::size_t size = 0, count = 0;            // the larger (or full) ones
  std::size_t rest_size = 0, rest_count = 0;  // the others
  double parts() const { return static_cast<double>(count + rest_count); }
};

/// `n` lines on arrays of `most`: equal parts (the first n mod k one larger) or full ones and a rest.
Pieces pieces_of(std::size_t n, std::size_t most, bool even) {
  const std::size_t k = (n + most - 1) / most;
  if (even) return {n / k + 1, n % k, n / k, k - n % k};
  return {most, n / most, n % most, n % most == 0 ? std::size_t{0} : std::size_t{1}};
}

}  // namespace

Placement place(const Design& design, const LayerShape& layer) {
  Placement place;
  const std::size_t unit = design.cells.unit_column ? 1 : 0;
  std::size_t in = layer.in;
  std::size_t out = layer.out / layer.groups;
  std::size_t blocks = layer.groups;  // independent matrices
  place.whole = {design.fit_rows ? in : design.rows, design.fit_cols ? out + unit : design.cols};
  const std::size_t usable = place.whole.cols - unit;
  if (blocks > 1 && in <= place.whole.rows && out <= usable) {
    const std::size_t packed = std::min({place.whole.rows / in, usable / out, blocks});
    blocks = (blocks + packed - 1) / packed;
    in *= packed;
    out *= packed;
  }
  const Pieces rows = pieces_of(in, place.whole.rows, design.even_parts);
  const Pieces cols = pieces_of(out, usable, design.even_parts);
  const auto add = [&](std::size_t r, std::size_t nr, std::size_t c, std::size_t nc) {
    const double count = static_cast<double>(blocks * nr * nc) * design.cells.conversions;
    if (count > 0) place.parts.push_back({{r, c + unit}, count});
  };
  place.parts.reserve(4);
  add(rows.size, rows.count, cols.size, cols.count);
  add(rows.rest_size, rows.rest_count, cols.size, cols.count);
  add(rows.size, rows.count, cols.rest_size, cols.rest_count);
  add(rows.rest_size, rows.rest_count, cols.rest_size, cols.rest_count);
  place.row_parts = rows.parts();
  place.col_parts = cols.parts();
  const double logical = static_cast<double>(blocks) * rows.parts() * cols.parts();
  place.arrays = logical * design.cells.arrays();
  place.utilization = layer.weights() / (logical * static_cast<double>(place.whole.rows) *
                                         static_cast<double>(place.whole.cols));
  return place;
}

std::vector<double> copies_for(const std::vector<double>& positions,
                               const std::vector<double>& arrays_of_copy, double arrays) {
  const auto needed = [&](double steps) {
    double sum = 0;
    for (std::size_t i = 0; i < positions.size(); ++i)
      sum += arrays_of_copy[i] * std::max(1.0, std::ceil(positions[i] / steps));
    return sum;
  };
  double low = 0, high = 1;  // steps: too few, enough
  for (const double p : positions) high = std::max(high, p);
  while (high - low > 1) {
    const double middle = std::floor((low + high) / 2);
    (needed(middle) <= arrays ? high : low) = middle;
  }
  std::vector<double> copies;
  copies.reserve(positions.size());
  for (const double p : positions) copies.push_back(std::max(1.0, std::ceil(p / high)));
  return copies;
}

}  // namespace mho::hardware
