// Updates by value: what every cell is asked for, exactly or in codes of few bits, and serial writes.

#include <algorithm>
#include <cmath>

#include "mho/array/learning/learning_data.h"

namespace mho::array {

void LearningArray::update(std::span<const float> x, std::span<const float> d, double rate,
                           std::uint64_t draw) {
  Data& a = *data_;
  a.count_input(x);
  std::copy(x.begin(), x.end(), a.rows.begin());
  std::copy(d.begin(), d.end(), a.columns.begin());
  if (a.settings.code == UpdateCode::codes) {
    const std::span<float> uniform(a.uniform);
    const bool stochastic = a.settings.stochastic_rounding;
    if (stochastic) core::fill_uniform(a.pulse_key, 2 * draw, 0, uniform.first(a.inputs));
    round_to_code(a.rows, a.settings.row_code, stochastic ? uniform.first(a.inputs) : std::span<float>());
    if (stochastic) core::fill_uniform(a.pulse_key, 2 * draw + 1, 0, uniform.first(a.outputs));
    round_to_code(std::span(a.columns).first(a.outputs), a.settings.column_code,
                  stochastic ? uniform.first(a.outputs) : std::span<float>());
  }
  if (a.settings.code == UpdateCode::pulses) {
    a.ask_by_pulses(x, d, rate, draw);
  } else {
    a.ask(a.rows, std::span(a.columns).first(a.outputs), rate, draw);
  }
  if (a.settings.lifetime > 0) {
    const auto keep = static_cast<float>(std::exp(-1 / a.settings.lifetime));
    const auto rest = static_cast<float>(a.rest());
    a.for_rows([&](std::size_t begin, std::size_t end) {
      for (auto* cells : {&a.plus, &a.minus}) {
        if (cells->empty()) continue;
        for (std::size_t at = begin * a.stride; at < end * a.stride; ++at)
          (*cells)[at] = rest + ((*cells)[at] - rest) * keep;
      }
    });
  }
  a.hold_stuck();
  ++a.count.updates;
  if (a.one_sided() &&
      a.count.updates % static_cast<std::uint64_t>(std::max(1, a.settings.refresh_every)) == 0)
    a.refresh(draw);
  a.changed();
}

/// Rows are driven by the same x as in the read before, so that it is counted here, once a vector.
void LearningArray::Data::count_input(std::span<const float> x) {
  const Input& input = matrix.settings.input;
  const double full_scale = input.range == Input::Range::given ? input.given : largest_magnitude(x);
  if (full_scale == 0) return;
  double sum = 0;
  for (const float v : x) sum += std::min(1.0, std::fabs(v) / full_scale);
  count.mean_input += sum / static_cast<double>(x.size());
}

void LearningArray::Data::ask(std::span<const float> x, std::span<const float> d, double rate,
                              std::uint64_t draw) {
  const double factor = rate * state_per_weight();
  double rows_asked = 0, columns_asked = 0, row_sum = 0, column_sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    rows_asked += x[i] != 0;
    row_sum += std::fabs(x[i]);
    row_updates[i] += x[i] != 0;
  }
  for (std::size_t j = 0; j < d.size(); ++j) {
    columns_asked += d[j] != 0;
    column_sum += std::fabs(d[j]);
    column_updates[j] += d[j] != 0;
  }
  const auto cells = static_cast<double>(inputs * outputs);
  const device::MeanSteps step = updater->mean_step();
  count.updates_per_cell_mean += rows_asked * columns_asked / cells;
  count.pulses_per_cell_mean +=
      std::fabs(factor) * row_sum * column_sum / cells / ((step.up - step.down) / 2);

  if (one_sided()) {
    for (std::size_t j = 0; j < outputs; ++j) {
      columns_negative[j] = std::max(-d[j], 0.0f);
      columns[j] = std::max(d[j], 0.0f);
    }
  }
  for_rows([&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto scale = static_cast<float>(factor * x[i]);
      if (scale == 0) continue;
      if (one_sided()) {
        ask_one_sided(i, scale, draw);
        continue;
      }
      const std::size_t first = i * stride;
      const std::span<const float> column(columns.data(), outputs);
      const std::span<float> up(plus.data() + first, outputs);
      if (two_sided()) {
        updater->update_pairs(up, {minus.data() + first, outputs}, plus_cells, minus_cells, first, scale,
                              column, plus_key, draw);
      } else {
        updater->update(up, plus_cells, first, scale, column, plus_key, draw);
      }
    }
  });
}

/// Cells of one-sided pairs only go up: a positive request moves plus, a negative one minus.
void LearningArray::Data::ask_one_sided(std::size_t row, float scale, std::uint64_t draw) {
  const std::size_t first = row * stride;
  const std::span<const float> same(scale > 0 ? columns.data() : columns_negative.data(), outputs);
  const std::span<const float> opposite(scale > 0 ? columns_negative.data() : columns.data(), outputs);
  updater->update({plus.data() + first, outputs}, plus_cells, first, std::fabs(scale), same, plus_key, draw);
  updater->update({minus.data() + first, outputs}, minus_cells, first, std::fabs(scale), opposite, minus_key,
                  draw);
}

void LearningArray::add(core::MatrixView<const float> dw, std::uint64_t draw) {
  Data& a = *data_;
  a.for_rows([&](std::size_t begin, std::size_t end) {
    std::vector<float> request(a.outputs);
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < a.outputs; ++j) request[j] = dw(j, i);
      a.add_to_row(i, request, draw);
    }
  });
  a.changed();
}

void LearningArray::add_input(std::size_t input, std::span<const float> dw, std::uint64_t draw) {
  data_->add_to_row(input, dw, draw);
  data_->changed();
}

void LearningArray::Data::add_to_row(std::size_t row, std::span<const float> dw, std::uint64_t draw) {
  if (std::all_of(dw.begin(), dw.end(), [](float v) { return v == 0; })) return;
  const std::size_t first = row * stride;
  const auto scale = static_cast<float>(state_per_weight());
  const std::span<float> up(plus.data() + first, outputs);
  if (two_sided()) {
    updater->update_pairs(up, {minus.data() + first, outputs}, plus_cells, minus_cells, first, scale, dw,
                          plus_key, draw);
  } else if (!pairs()) {
    updater->update(up, plus_cells, first, scale, dw, plus_key, draw);
  } else {
    std::vector<float> more(outputs), less(outputs);
    for (std::size_t j = 0; j < outputs; ++j) {
      more[j] = std::max(dw[j], 0.0f);
      less[j] = std::max(-dw[j], 0.0f);
    }
    updater->update(up, plus_cells, first, scale, more, plus_key, draw);
    updater->update({minus.data() + first, outputs}, minus_cells, first, scale, less, minus_key, draw);
  }
}

}  // namespace mho::array
