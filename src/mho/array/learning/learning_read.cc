// The two reads of a learning array, forward and backward: the same cells, so exactly the transpose. Where a
// read is a product, cells are read where they lie; else as what they are, a programmed matrix.

#include <algorithm>
#include <cmath>

#include "mho/array/learning/learning_data.h"

namespace mho::array {

LiveCells LearningArray::Data::live_cells() const {
  LiveCells live{.blocks = {}, .unit = unit, .common = zero};
  for (std::size_t b = 0; b < matrix.block_count(); ++b) {
    const auto place = matrix.place_of(b);
    const Part in = matrix.rows_of(place), out = matrix.cols_of(place);
    const auto view = [&](const core::AlignedVector<float>& of) {
      if (of.empty()) return core::MatrixView<const float>();
      return core::MatrixView<const float>(of.data() + in.first * stride + out.first, in.size, out.size,
                                           stride);
    };
    live.blocks.push_back({.plus = view(plus),
                           .minus = view(minus),
                           .plus_variance = view(as_read.plus_variance),
                           .minus_variance = view(as_read.minus_variance),
                           .readable = stride - out.first});
  }
  return live;
}

/// The noise of every cell at its present state.
void LearningArray::Data::note_noise() const {
  if (as_read.plus_variance.empty() || as_read.noise_is_current) return;
  const auto per_state = static_cast<float>(1 / (unit * unit));
  for_rows([&](std::size_t begin, std::size_t end) {
    std::vector<float> g(stride);
    const auto note = [&](const core::AlignedVector<float>& states, core::AlignedVector<float>& variance) {
      if (states.empty()) return;
      for (std::size_t i = begin; i < end; ++i) {
        const float* const from = states.data() + i * stride;
        std::transform(from, from + stride, g.begin(), [&](float state) { return conductance(state); });
        const std::span<float> sigma(variance.data() + i * stride, stride);
        matrix.settings.cell.read_noise(g, sigma);
        for (float& v : sigma) v = v * v * per_state;
      }
    };
    note(plus, as_read.plus_variance);
    note(minus, as_read.minus_variance);
  });
  as_read.noise_is_current = true;
}

void LearningArray::expect_reads(std::size_t reads) const {
  data_->as_read.forget();
  data_->as_read.expected_reads = reads;
}

void LearningArray::forward(std::span<const float> x, std::span<float> y, std::uint64_t draw) const {
  const Data& a = *data_;
  if (!a.forward) return read_as_programmed(Direction::forward, x, y.first(a.outputs), draw);
  a.note_noise();
  a.forward->read(x, y, draw, a.scratch);
}

void LearningArray::backward(std::span<const float> d, std::span<float> e, std::uint64_t draw) const {
  const Data& a = *data_;
  if (!a.backward) return read_as_programmed(Direction::transposed, d, e.first(a.inputs), draw);
  a.note_noise();
  a.backward->read(d, e, draw, a.scratch);
}

void LearningArray::read_as_programmed(Direction direction, std::span<const float> in, std::span<float> out,
                                       std::uint64_t draw) const {
  const Data& a = *data_;
  CellsAsRead& r = a.as_read;
  const bool ahead = direction == Direction::forward;
  if (!r.matrix) r.matrix = programmed();
  auto& product = ahead ? r.forward : r.backward;
  if (!product) product = make_product(r.matrix, {}, direction, ahead ? a.ahead : a.back, r.expected_reads);
  const std::int64_t origin = 0;
  product->quantize(in, *a.workspace);
  product->vmm({&origin, 1}, {out.data(), 1, out.size()}, draw, *a.workspace);
}

}  // namespace mho::array
