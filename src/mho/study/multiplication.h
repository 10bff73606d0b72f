#pragma once
// A weight matrix in crossbar arrays and what these answer to given vectors, beside the exact product.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "mho/array/mapping/settings.h"
#include "mho/array/reading/product.h"
#include "mho/core/matrix.h"

namespace mho::study {

struct MultiplicationSettings {
  array::Settings array;
  std::uint64_t seed = 1;
  double percentile = 99.98;  ///< of inputs and currents within calibrated ranges [%]
  bool transpose = false;     ///< columns are driven and rows read: Y = X·W instead of X·Wᵀ
};

/// W (outputs, inputs) and X (vectors, inputs), or transposed X (vectors, outputs), which must outlive it and
/// hold finite numbers. Throws InvalidInput where the array has no transpose.
class Multiplication {
 public:
  Multiplication(MultiplicationSettings settings, const core::Matrix<float>& w, const core::Matrix<float>& x);

  std::size_t answers() const { return settings_.transpose ? w_.cols : w_.rows; }  ///< numbers of one vector

  /// Programs chip `trial` and writes its answers to `y` (vectors, answers()). `netlist`, where given,
  /// becomes the first array under the first vector, for ngspice; there must be a vector then. Returns
  /// {"trial", "square_error", "square_exact" (means over all answers), "conversions", "clipped",
  ///  "wires_residual", "ranges", "programming_s", "reading_s"}.
  nlohmann::ordered_json run(std::uint32_t trial, core::MatrixView<float> y,
                             std::string* netlist = nullptr) const;

  /// The cells of chip `trial`, as they are to be kept, with the ranges that its answers were read with.
  array::Chip kept(std::uint32_t trial) const;

 private:
  MultiplicationSettings settings_;
  const core::Matrix<float>& w_;
  const core::Matrix<float>& x_;
  array::Ranges of_inputs_;
};

}  // namespace mho::study
