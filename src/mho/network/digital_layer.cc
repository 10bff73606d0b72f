#include "mho/network/digital_layer.h"

#include <algorithm>
#include <cmath>

#include "mho/array/coding.h"

namespace mho::network {

void round_weights(core::Matrix<float>& weights, const array::Mapping& mapping) {
  const std::vector<double> ranges = array::weight_ranges(mapping, weights.view());
  const double levels = mapping.weight_bits > 0 ? std::exp2(mapping.weight_bits - 1) - 1 : 0;
  for (std::size_t j = 0; j < weights.rows; ++j) {
    const double w_max = ranges[ranges.size() == 1 ? 0 : j];
    for (float& weight : weights.row(j)) {
      const double w = std::clamp(weight / w_max, -1.0, 1.0);
      weight = static_cast<float>(w_max * (levels > 0 ? std::nearbyint(w * levels) / levels : w));
    }
  }
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

Graph with_rounded_weights(const Network& network, std::span<const array::Settings> settings) {
  Graph graph = network.graph();
  for (std::size_t l = 0; l < network.layers().size(); ++l) {
    const WeightLayer& layer = network.layers()[l];
    core::Matrix<float> rounded = layer.weights;
    round_weights(rounded, settings[l].mapping);
    Node& node = node_of(graph, layer);
    Tensor tensor;
    if (layer.is_convolution) {
      tensor = Tensor::of_floats(rounded.elements, graph.constants[node.inputs[1]]->shape);
    } else {  // (out, in) with alpha, as the layer keeps them
      tensor = Tensor::of_floats(rounded.elements, {static_cast<std::int64_t>(layer.columns),
                                                    static_cast<std::int64_t>(layer.rows)});
      if (node.op == "MatMul") {
        core::Matrix<float> turned(layer.rows, layer.columns);
        for (std::size_t o = 0; o < layer.columns; ++o) {
          for (std::size_t i = 0; i < layer.rows; ++i) turned(i, o) = rounded(o, i);
        }
        tensor = Tensor::of_floats(turned.elements, {static_cast<std::int64_t>(layer.rows),
                                                     static_cast<std::int64_t>(layer.columns)});
      } else {
        OnnxAttribute yes, one;
        yes.i = 1;
        one.f = 1.0f;
        node.attributes["transB"] = yes;
        node.attributes["alpha"] = one;
      }
    }
    const int value = graph.add_value(layer.weights_name + ".rounded");
    graph.constants[value] = std::move(tensor);
    node.inputs[1] = value;
  }
  return graph;
}

Bound bind_digital(const Binding& b, Bound in_float, const array::Input& input, const array::Ranges& ranges) {
  const std::size_t count = b.type(0).elements();
  const std::size_t own = (in_float.scratch_bytes + 63) / 64 * 64;
  in_float.scratch_bytes = own + count * sizeof(float);
  in_float.compute = [count, own, input, ranges, inner = std::move(in_float.compute)](const Operands& o) {
    auto* rounded = reinterpret_cast<float*>(o.scratch + own);
    round_inputs({o.floats(0), count}, input, ranges, rounded);
    std::vector<const void*> in(o.in.begin(), o.in.end());
    in[0] = rounded;
    inner({in, o.out, o.scratch, o.run});
  };
  return in_float;
}

}  // namespace mho::network
