// With linear cells that are always connected, wires are a change of the matrix: folding them in gives what
// solving the circuit for every vector gives, in both directions and for every way to lay out pairs.

#include "mho/array/wires/wire_folding.h"
#include "mho/array/reading/product.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mho/array/executors/reference.h"
#include "mho/core/random.h"

namespace mho::array {
namespace {

core::Matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::string_view purpose) {
  core::Matrix<float> m(rows, cols);
  core::fill_normal(core::random_key({.purpose = purpose}), 0, 0, m.elements);
  return m;
}

TEST(WireFolding, AnswersAsTheCircuitDoes) {
  const auto w = random_matrix(7, 19, "weights");
  for (const Scheme scheme : {Scheme::differential, Scheme::offset_unit_column}) {
    for (const bool interleaved : {false, true}) {
      if (interleaved && !is_differential(scheme)) continue;
      for (const Direction direction : {Direction::forward, Direction::transposed}) {
        Settings s;
        s.mapping.scheme = scheme;
        s.mapping.interleaved = interleaved;
        s.array.rows = 10;
        s.array.cols = 6;
        s.adc.kind = AdcKind::ideal;
        s.wires = {.row_ohm = 20, .col_ohm = 35, .row_terminal_ohm = 100, .col_terminal_ohm = 50};
        const Ranges ranges{.input = 3, .input_signed = true, .adc = {}};
        const bool forward = direction == Direction::forward;
        const auto x = random_matrix(5, forward ? 19 : 7, "inputs");
        const auto matrix = program(w.view(), s, ranges, {});
        ASSERT_TRUE(wires_fold(*matrix));
        const auto folded = with_wires_folded(*matrix);
        core::Matrix<float> circuit(5, forward ? 7 : 19), product = circuit, no_wires = circuit;
        vmm(*make_reference_product(matrix, {}, direction, ranges), x.view(), circuit.view());
        vmm(*make_reference_product(folded, {}, direction, ranges), x.view(), product.view());
        Settings ideal = s;
        ideal.wires = {};
        vmm(*make_reference_product(program(w.view(), ideal, ranges, {}), {}, direction, ranges), x.view(),
            no_wires.view());
        double scale = 0, effect = 0;
        for (std::size_t i = 0; i < circuit.elements.size(); ++i) {
          scale = std::max(scale, std::abs(double{circuit.elements[i]}));
          effect = std::max(effect, std::abs(double{circuit.elements[i]} - no_wires.elements[i]));
        }
        EXPECT_GT(effect, 0.01 * scale);
        for (std::size_t i = 0; i < circuit.elements.size(); ++i) {
          EXPECT_NEAR(product.elements[i], circuit.elements[i], 2e-6 * scale)  // float32 conductances
              << i << " of " << int(scheme) << interleaved << forward;
        }
      }
    }
  }
}

// What changes from read to read can't be folded, and a gate is no linear input.
TEST(WireFolding, OnlyWhereCellsHoldStill) {
  Settings s;
  s.wires.row_ohm = 1;
  s.wires.gated = true;
  s.input.slice_bits = 1;
  const auto w = random_matrix(3, 4, "weights");
  EXPECT_FALSE(wires_fold(*program(w.view(), s, {}, {})));
  s.wires = {};
  EXPECT_FALSE(wires_fold(*program(w.view(), s, {}, {})));
}

}  // namespace
}  // namespace mho::array
