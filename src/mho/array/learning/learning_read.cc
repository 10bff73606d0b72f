// The two reads of a learning array, forward and backward: the same cells, so exactly the transpose.

#include <algorithm>
#include <cmath>

#include "mho/array/learning/learning_data.h"
#include "mho/array/learning/learning_kernels.h"
#include "mho/core/parallel.h"

namespace mho::array {

/// Sum of states (less their reference) as the currents of the wired arrays say: conductance is a straight
/// line in the state, so what its zero contributes is taken off with the sum of the inputs.
void LearningArray::Data::read_with_wires(std::span<const float> driver, std::span<float> out_sums,
                                          bool transposed) const {
  const auto& model = updater->model();
  const double per_state =
      (model.siemens_at_hi - model.siemens_at_lo) / (model.hi - model.lo) / settings.g_on_s;
  const double at_zero = model.siemens(0) / settings.g_on_s;
  core::Matrix<double> v(1, driver.size()), current(1, out_sums.size());
  double driven = 0;
  for (std::size_t i = 0; i < driver.size(); ++i) driven += v(0, i) = driver[i];
  std::fill(out_sums.begin(), out_sums.end(), 0.0f);
  for (const auto* cells : {&plus, &minus}) {
    if (cells->empty()) continue;
    core::Matrix<double> g(inputs, outputs);
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t j = 0; j < outputs; ++j)
        g(i, j) = std::max(0.0, at_zero + per_state * (*cells)[i * stride + j]);
    }
    const Circuit circuit(g.view(), settings.wires);
    if (transposed) {
      circuit.solve_transposed(v.view(), current.view());
    } else {
      circuit.solve(v.view(), current.view());
    }
    const double sign = cells == &plus ? 1 : -1;
    for (std::size_t k = 0; k < out_sums.size(); ++k) {
      out_sums[k] += static_cast<float>(sign * (current(0, k) - at_zero * driven) / per_state);
    }
  }
}

// Independent noise of every cell at every read is one Gaussian at every output: variance Σ x²·σ².
void LearningArray::Data::add_read_noise(std::span<float> y_out, std::span<const float> driven,
                                         double sum_factor, const core::RandomKey& key,
                                         std::uint64_t draw) const {
  if (settings.read_noise <= 0) return;
  double power = 0;
  for (const float x : driven) power += static_cast<double>(x) * x;
  const double cells = pairs() ? 2 : 1;
  const auto sigma =
      static_cast<float>(settings.read_noise * 2 * half_range() * std::sqrt(cells * power) * sum_factor);
  core::fill_normal(key, draw, 0, std::span(noise).first(y_out.size()));
  for (std::size_t j = 0; j < y_out.size(); ++j) y_out[j] += sigma * noise[j];
}

void LearningArray::forward(std::span<const float> x, std::span<float> y, std::uint64_t draw) const {
  const Data& a = *data_;
  const std::span<float> in = std::span(a.in).first(a.inputs);
  std::copy(x.begin(), x.end(), in.begin());
  convert(in, a.settings.forward_in);
  const auto columns = [&](std::size_t begin, std::size_t end) {
    columns_of_difference(a.plus.data(), a.minus_or_null(), a.stride, in.data(), a.inputs, a.out.data(),
                          begin, end);
  };
  if (!a.settings.wires.none()) {
    a.read_with_wires(in, std::span(a.out).first(a.outputs), false);
  } else if (a.inputs * a.stride < kLearningParallelCells) {
    columns(0, a.stride);
  } else {
    core::parallel_for(a.stride, 16, columns);
  }
  float reference = 0;  // Σ x times the fixed reference of offset columns
  if (!a.pairs()) {
    for (const float v : in) reference += v;
    reference *= static_cast<float>(a.rest());
  }
  const auto scale = static_cast<float>(a.weight_per_state());
  for (std::size_t j = 0; j < a.outputs; ++j) y[j] = (a.out[j] - reference) * scale;
  a.add_read_noise(y.first(a.outputs), in, a.weight_per_state(), a.forward_key, draw);
  convert(y.first(a.outputs), a.settings.forward_out);
}

void LearningArray::backward(std::span<const float> d, std::span<float> e, std::uint64_t draw) const {
  const Data& a = *data_;
  const std::span<float> in = std::span(a.in).first(a.outputs);
  std::copy(d.begin(), d.end(), in.begin());
  convert(in, a.settings.backward_in);
  float reference = 0;
  if (!a.pairs()) {
    for (const float v : in) reference += v;
    reference *= static_cast<float>(a.rest());
  }
  const auto scale = static_cast<float>(a.weight_per_state());
  if (!a.settings.wires.none()) {
    a.read_with_wires(in, e.first(a.inputs), true);
    for (float& v : e.first(a.inputs)) v = (v - reference) * scale;
  } else {
    a.for_rows([&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t row = i * a.stride;
        const float sum = row_of_difference(a.plus.data() + row, a.pairs() ? a.minus.data() + row : nullptr,
                                            in.data(), a.outputs);
        e[i] = (sum - reference) * scale;
      }
    });
  }
  a.add_read_noise(e.first(a.inputs), in, a.weight_per_state(), a.backward_key, draw);
  convert(e.first(a.inputs), a.settings.backward_out);
}

}  // namespace mho::array
