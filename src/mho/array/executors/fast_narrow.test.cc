// With vectors in the lanes, an array of few columns answers to the last bit what it answers otherwise.

#include "mho/array/executors/fast_narrow.h"
#include "mho/array/reading/product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "mho/array/executors/fast_product.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/core/random.h"
#include "random_matrix.h"

namespace mho::array {
namespace {

using tests::random_matrix;

struct Read {
  core::Matrix<float> y;
  Tally tally;
};

Read read(const Product& product, const core::Matrix<float>& picture,
          const std::vector<std::int64_t>& origins, std::size_t outputs) {
  const auto workspace = make_workspace();
  core::Matrix<float> y(origins.size(), outputs + 2);
  std::fill(y.elements.begin(), y.elements.end(), 77.0f);
  Read r;
  product.quantize(picture.elements, *workspace);
  product.vmm(origins, y.view().block(0, 0, origins.size(), outputs), 0, *workspace, &r.tally);
  r.y = std::move(y);
  return r;
}

// Lines of 37 pixels: full registers, a part of one, and a run that ends with the picture. The same windows,
// last one first, are no neighbours and take the ordinary kernel.
TEST(FastNarrow, AnswersTheSameBitsWhereverVectorsLie) {
  constexpr std::int64_t kWidth = 39, kHeight = 5, kChannels = 3;
  std::vector<std::int64_t> offsets, forward;
  for (std::int64_t c = 0; c < kChannels; ++c) {
    for (std::int64_t y = 0; y < 3; ++y) {
      for (std::int64_t x = 0; x < 3; ++x) offsets.push_back((c * kHeight + y) * kWidth + x);
    }
  }
  for (std::int64_t y = 0; y + 3 <= kHeight; ++y) {
    for (std::int64_t x = 0; x + 3 <= kWidth; ++x) forward.push_back(y * kWidth + x);
  }
  const std::vector<std::int64_t> backward(forward.rbegin(), forward.rend());
  ASSERT_TRUE(are_neighbours(forward));
  ASSERT_FALSE(are_neighbours(backward));
  const auto picture = random_matrix(kChannels * kHeight, kWidth, "picture");

  Settings sliced, serial, parts, ideal_adc;
  sliced.mapping.slices = 4;
  serial.input.slice_bits = 1;
  parts.array.rows = 10;
  ideal_adc.adc.kind = AdcKind::ideal;
  for (const Settings& s : {Settings{}, sliced, serial, parts, ideal_adc}) {
    for (std::size_t outputs = 1; outputs <= kNarrowColumns + 1; ++outputs) {
      const Ranges ranges{.input = 0.9, .input_signed = true, .adc = {{-1.0137, 1.5}}};
      auto matrix = std::make_shared<ProgrammedMatrix>(
          *program(random_matrix(outputs, offsets.size(), "weights").view(), s, ranges, {}));
      for (Block& b : matrix->blocks) {  // no levels, which integers would multiply
        for (float& g : b.plus.g.elements) g *= 1.03f;
      }
      for (const core::Isa isa : core::available_isas()) {
        if (isa == core::Isa::reference) continue;
        const auto product = make_fast_product(matrix, offsets, Direction::forward, ranges, isa);
        const Read one = read(*product, picture, forward, outputs);
        const Read other = read(*product, picture, backward, outputs);
        for (std::size_t v = 0; v < forward.size(); ++v) {
          for (std::size_t j = 0; j < outputs; ++j) {
            ASSERT_EQ(one.y(v, j), other.y(forward.size() - 1 - v, j)) << core::name(isa) << ' ' << outputs;
          }
          ASSERT_EQ(one.y(v, outputs), 77.0f) << "writes beyond its columns";
        }
        EXPECT_EQ(one.tally.clipped, other.tally.clipped);
        EXPECT_EQ(one.tally.conversions, other.tally.conversions);
        EXPECT_EQ(one.tally.clipped > 0, s.adc.kind != AdcKind::ideal);
      }
    }
  }
}

}  // namespace
}  // namespace mho::array
