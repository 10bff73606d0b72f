#include "mho/network/layers/digital_layer.h"

#include <algorithm>
#include <cmath>

#include "mho/array/mapping/coding.h"
#include "mho/network/operators/evaluate.h"

namespace mho::network {

core::Matrix<float> rounded_weights(core::MatrixView<const float> weights, const array::Mapping& mapping) {
  core::Matrix<float> rounded(weights.rows, weights.cols);
  const std::vector<double> ranges = array::weight_ranges(mapping, weights);
  const double levels = mapping.weight_bits > 0 ? std::exp2(mapping.weight_bits - 1) - 1 : 0;
  for (std::size_t j = 0; j < weights.rows; ++j) {
    const double w_max = ranges[ranges.size() == 1 ? 0 : j];
    for (std::size_t i = 0; i < weights.cols; ++i) {
      const double w = std::clamp(weights(j, i) / w_max, -1.0, 1.0);
      rounded(j, i) = static_cast<float>(w_max * (levels > 0 ? std::nearbyint(w * levels) / levels : w));
    }
  }
  return rounded;
}

void round_inputs(std::span<const float> x, const array::Input& input, const array::Ranges& ranges,
                  float* rounded) {
  const array::InputCode code = array::input_code(input, ranges.input, ranges.input_signed);
  const auto full = static_cast<float>(code.full_scale);
  const float lo = code.is_signed ? -full : 0.0f;
  if (code.magnitude_bits == 0) {
    for (std::size_t i = 0; i < x.size(); ++i) rounded[i] = std::min(std::max(x[i], lo), full);
    return;
  }
  const auto levels = static_cast<float>(std::exp2(code.magnitude_bits) - 1);
  const float up = levels / full, down = full / levels;
  // Adding and taking away 1.5·2^23 rounds to the nearest integer, halves to even, for |x| < 2^22.
  constexpr float rounder = 12582912.0f;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float clipped = std::min(std::max(x[i], lo), full) * up;
    rounded[i] = ((clipped + rounder) - rounder) * down;
  }
}

Bound bind_digital(Binding& b, const WeightLayer& layer, const array::Settings& settings,
                   const array::Ranges& ranges) {
  core::Matrix<float> weights = rounded_weights(layer.matrix(), settings.mapping);
  if (b.node.op == "MatMul") {  // whose weights lie the other way round
    core::Matrix<float> turned(weights.cols, weights.rows);
    for (std::size_t o = 0; o < weights.rows; ++o) {
      for (std::size_t i = 0; i < weights.cols; ++i) turned(i, o) = weights(o, i);
    }
    weights = std::move(turned);
  }
  b.replace(1, Tensor::of_floats(weights.elements, b.shape(1)));
  Bound in_float = bind(b);
  const std::size_t count = b.type(0).elements();
  const std::size_t own = (in_float.scratch_bytes + 63) / 64 * 64;
  in_float.scratch_bytes = own + count * sizeof(float);
  // With automatic ranges every vector has a full scale of its own, of a convolution every image.
  const bool automatic = settings.input.range == array::Input::Range::automatic;
  const std::size_t alike = !automatic             ? count
                            : layer.is_convolution ? count / static_cast<std::size_t>(b.shape(0)[0])
                                                   : layer.rows;
  in_float.compute = [count, own, alike, automatic, input = settings.input, ranges,
                      inner = std::move(in_float.compute)](const Operands& o) {
    auto* rounded = reinterpret_cast<float*>(o.scratch + own);
    array::Ranges of_these = ranges;
    for (std::size_t at = 0; at < count; at += alike) {
      const std::span<const float> x(o.floats(0) + at, alike);
      if (automatic) {
        const float largest = array::largest_magnitude(x);
        of_these.input = largest > 0 ? largest : 1;
      }
      round_inputs(x, input, of_these, rounded + at);
    }
    std::vector<const void*> in(o.in.begin(), o.in.end());
    in[0] = rounded;
    inner({in, o.out, o.scratch, o.run});
  };
  return in_float;
}

}  // namespace mho::network
