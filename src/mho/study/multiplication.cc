#include "mho/study/multiplication.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "mho/array/calibration/calibration.h"
#include "mho/array/chip/chip.h"
#include "mho/array/executors/netlist.h"
#include "mho/array/mapping/chip_cells.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/core/parallel.h"

namespace mho::study {

using array::Direction;
using json = nlohmann::ordered_json;

namespace {

struct Difference {
  double square_error = 0, square_exact = 0;  ///< means over all outputs
};

/// In eight partial sums, as many as an adder's latency hides.
double dot(std::span<const float> a, std::span<const float> b) {
  double sums[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    for (std::size_t k = 0; k < 8; ++k) sums[k] += double{a[i + k]} * b[i + k];
  }
  for (; i < a.size(); ++i) sums[0] += double{a[i]} * b[i];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/// Against X·Wᵀ, or X·W transposed, in float64.
Difference difference(const core::Matrix<float>& w, const core::Matrix<float>& x,
                      core::MatrixView<const float> y, bool transpose) {
  std::vector<Difference> of_vectors(y.rows);
  core::parallel_for(y.rows, 1, [&](std::size_t begin, std::size_t end) {
    std::vector<double> exact(y.cols);
    for (std::size_t v = begin; v < end; ++v) {
      std::fill(exact.begin(), exact.end(), 0.0);
      if (transpose) {
        for (std::size_t i = 0; i < x.cols; ++i) {
          const double input = x(v, i);
          for (std::size_t j = 0; j < y.cols; ++j) exact[j] += input * w(i, j);
        }
      } else {
        for (std::size_t j = 0; j < y.cols; ++j) exact[j] = dot(x.row(v), w.row(j));
      }
      for (std::size_t j = 0; j < y.cols; ++j) {
        of_vectors[v].square_error += (y(v, j) - exact[j]) * (y(v, j) - exact[j]);
        of_vectors[v].square_exact += exact[j] * exact[j];
      }
    }
  });
  Difference d;
  for (const Difference& of_vector : of_vectors) {
    d.square_error += of_vector.square_error;
    d.square_exact += of_vector.square_exact;
  }
  const double count = std::max<double>(1, static_cast<double>(y.rows * y.cols));
  d.square_error /= count;
  d.square_exact /= count;
  return d;
}

json as_json(const array::Ranges& ranges) {
  json adc = json::array();
  for (const auto& r : ranges.adc) adc.push_back({r.lo, r.hi});
  json result = {{"input", ranges.input}, {"input_signed", ranges.input_signed}, {"adc", adc}};
  if (!ranges.gain.empty()) result["gain"] = ranges.gain;
  return result;
}

}  // namespace

Multiplication::Multiplication(MultiplicationSettings settings, const core::Matrix<float>& w,
                               const core::Matrix<float>& x)
    : settings_(std::move(settings)),
      w_(w),
      x_(x),
      of_inputs_(array::input_ranges(settings_.array.input, x.view(), settings_.percentile)) {}

array::Chip Multiplication::kept(std::uint32_t trial) const {
  const Direction direction = settings_.transpose ? Direction::transposed : Direction::forward;
  const auto made = array::program(w_.view(), settings_.array, of_inputs_,
                                   {.seed = settings_.seed, .trial = trial}, 1, array::Keep::life);
  array::ProgrammedMatrix matrix = *made;
  matrix.ranges = array::with_adc_calibrated(made, x_.view(), of_inputs_, direction, settings_.percentile);
  array::Chip chip;
  chip.origin = array::chip_origin(matrix);
  chip.matrices[""] = array::chip_matrix(matrix);
  return chip;
}

json Multiplication::run(std::uint32_t trial, core::MatrixView<float> y, std::string* netlist) const {
  const Direction direction = settings_.transpose ? Direction::transposed : Direction::forward;
  const auto begun = std::chrono::steady_clock::now();
  const auto matrix =
      array::program(w_.view(), settings_.array, of_inputs_, {.seed = settings_.seed, .trial = trial});
  const array::Ranges ranges =
      array::with_adc_calibrated(matrix, x_.view(), of_inputs_, direction, settings_.percentile);
  if (netlist != nullptr)
    *netlist = array::netlist(array::first_array(*matrix, direction, ranges, x_.row(0)));
  const auto product = array::make_product(matrix, {}, direction, ranges, x_.rows);
  const auto programmed = std::chrono::steady_clock::now();
  array::Tally tally;
  array::vmm(*product, x_.view(), y, &tally);
  const auto done = std::chrono::steady_clock::now();
  const Difference d = difference(w_, x_, y, settings_.transpose);
  return {{"trial", trial},
          {"square_error", d.square_error},
          {"square_exact", d.square_exact},
          {"conversions", tally.conversions},
          {"clipped", tally.clipped},
          {"wires_residual", tally.wires_residual},
          {"ranges", as_json(ranges)},
          {"programming_s", std::chrono::duration<double>(programmed - begun).count()},
          {"reading_s", std::chrono::duration<double>(done - programmed).count()}};
}

}  // namespace mho::study
