// Cells that learn as conductances: programmed with first weights, handed on to be read, taken from
// elsewhere.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mho/array/learning/learning_data.h"
#include "mho/core/error.h"
#include "mho/device/cell_models.h"

namespace mho::array {

void LearningArray::write(core::MatrixView<const float> weights) {
  Data& a = *data_;
  for (std::size_t i = 0; i < a.inputs; ++i) {
    for (std::size_t j = 0; j < a.outputs; ++j) {
      const double w = std::clamp<double>(weights(j, i), -a.settings.weight_limit, a.settings.weight_limit);
      const double x = w * a.state_per_weight();
      const std::size_t at = i * a.stride + j;
      if (a.one_sided()) {
        a.plus[at] = static_cast<float>(a.lo() + std::max(x, 0.0));
        a.minus[at] = static_cast<float>(a.lo() + std::max(-x, 0.0));
      } else {
        a.plus[at] = static_cast<float>(a.rest() + x);
        if (a.pairs()) a.minus[at] = static_cast<float>(a.rest() - x);
      }
    }
  }
  a.programmed_by_device();
  a.persist();
  a.changed();
}

/// What programming makes of the states, array by array as Cell::program numbers its cells. A cell that lands
/// where it should keeps its state to the last bit.
void LearningArray::Data::programmed_by_device() {
  for (std::size_t b = 0; b < matrix.block_count(); ++b) {
    const auto place = matrix.place_of(b);
    const Part in = matrix.rows_of(place), out = matrix.cols_of(place);
    for (auto* cells : {&plus, &minus}) {
      if (cells->empty()) continue;
      const core::MatrixView<float> there(cells->data() + in.first * stride + out.first, in.size, out.size,
                                          stride);
      std::vector<float> target, g;
      for (std::size_t i = 0; i < in.size; ++i) {
        for (const float state : there.row(i)) target.push_back(conductance(state));
      }
      g = target;
      matrix.settings.cell.program(g, programming_of(place.number + (cells == &minus ? 1 : 0)), 0);
      for (std::size_t k = 0; k < g.size(); ++k) {
        if (g[k] != target[k]) there(k / out.size, k % out.size) = state_at(g[k]);
      }
    }
  }
}

/// The cells that Cell::program breaks, for ever.
void LearningArray::Data::find_stuck() {
  const device::Cell& cell = matrix.settings.cell;
  if (cell.models().stuck_on == 0 && cell.models().stuck_off == 0) return;
  const float on = state_at(1), off = state_at(static_cast<float>(cell.g_off()));
  for (std::size_t b = 0; b < matrix.block_count(); ++b) {
    const auto place = matrix.place_of(b);
    const Part in = matrix.rows_of(place), out = matrix.cols_of(place);
    std::vector<device::Fault> faults(in.size * out.size);
    const auto find = [&](std::uint32_t number, std::vector<Stuck>& stuck) {
      cell.faults(faults, programming_of(number), 0);
      for (std::size_t k = 0; k < faults.size(); ++k) {
        if (faults[k] == device::Fault::none) continue;
        stuck.push_back({(in.first + k / out.size) * stride + out.first + k % out.size,
                         faults[k] == device::Fault::stuck_on ? on : off, faults[k]});
      }
    };
    find(place.number, plus_stuck);
    if (pairs()) find(place.number + 1, minus_stuck);
  }
}

void LearningArray::Data::hold_stuck() {
  const auto hold = [](const std::vector<Stuck>& stuck, core::AlignedVector<float>& states,
                       std::vector<float>& persistent) {
    for (const Stuck& cell : stuck) {
      states[cell.at] = cell.state;
      if (!persistent.empty()) persistent[cell.at] = cell.state;
    }
  };
  hold(plus_stuck, plus, plus_cells.persistent);
  hold(minus_stuck, minus, minus_cells.persistent);
}

/// Names the random numbers of an array's programming, as in inference.
core::Stream LearningArray::Data::programming_of(std::uint32_t array) const {
  return {.seed = matrix.seed,
          .trial = matrix.trial,
          .purpose = "programming",
          .layer = matrix.layer,
          .array = array};
}

/// Models whose visible state has noise of its own start from what was written.
void LearningArray::Data::persist() {
  const device::UpdateModel& model = updater->model();
  if (model.step.write_noise <= 0 || model.kind < device::UpdateKind::constant) return;
  plus_cells.persistent.assign(plus.begin(), plus.end());
  minus_cells.persistent.assign(minus.begin(), minus.end());
}

std::shared_ptr<const ProgrammedMatrix> LearningArray::programmed() const {
  const Data& a = *data_;
  const auto faults_of = [&a](const std::vector<Data::Stuck>& stuck) {
    std::vector<device::Fault> faults(stuck.empty() ? 0 : a.plus.size());
    for (const auto& cell : stuck) faults[cell.at] = cell.fault;
    return faults;
  };
  const auto plus_faults = faults_of(a.plus_stuck), minus_faults = faults_of(a.minus_stuck);
  auto m = std::make_shared<ProgrammedMatrix>();
  static_cast<MappedMatrix&>(*m) = a.matrix;
  for (std::size_t b = 0; b < m->block_count(); ++b) {
    const auto place = m->place_of(b);
    const Part in = m->rows_of(place), out = m->cols_of(place);
    const auto cells = [&](const core::AlignedVector<float>& states, const std::vector<device::Fault>& faults,
                           CellArray& array) {
      array.g = core::Matrix<float>(in.size, out.size);
      for (std::size_t i = 0; i < in.size; ++i) {
        const std::size_t from = (in.first + i) * a.stride + out.first;
        for (std::size_t j = 0; j < out.size; ++j) array.g(i, j) = a.conductance(states[from + j]);
        if (faults.empty()) continue;
        const auto first = faults.begin() + static_cast<std::ptrdiff_t>(from);
        array.faults.insert(array.faults.end(), first, first + static_cast<std::ptrdiff_t>(out.size));
      }
      note_reads(m->settings.cell, array);
    };
    Block& block = m->blocks.emplace_back();
    block.row_part = place.row_part;
    block.col_part = place.col_part;
    block.slice = place.slice;
    block.plus.number = place.number;
    block.minus.number = place.number + 1;
    cells(a.plus, plus_faults, block.plus);
    if (a.pairs()) cells(a.minus, minus_faults, block.minus);
  }
  return m;
}

void LearningArray::take_over(const ProgrammedMatrix& cells) {
  Data& a = *data_;
  const auto refuse = [&](const std::string& what) {
    throw core::InvalidInput(fmt::format("{}{}", cells.layer.empty() ? "" : cells.layer + ": ", what));
  };
  if (cells.in != a.inputs || cells.out != a.outputs)
    refuse(fmt::format("{}×{} weights for a layer of {}×{}", cells.out, cells.in, a.outputs, a.inputs));
  if (cells.code.scheme != a.matrix.code.scheme || cells.code.slices != 1 || cells.code.bits != 0)
    refuse("its weights lie on cells in another way (mapping.scheme, weight_bits, slices)");
  if (!a.pairs() && std::abs(cells.code.sum_scale / cells.code.slice_scale[0] -
                             a.matrix.code.sum_scale / a.matrix.code.slice_scale[0]) > 1e-6)
    refuse("its offset weights are read against another conductance");
  a.plus_stuck.clear();
  a.minus_stuck.clear();
  for (const Block& block : cells.blocks) {
    const Part in = cells.row_parts[block.row_part], out = cells.col_parts[block.col_part];
    const auto take = [&](const CellArray& from, core::AlignedVector<float>& states,
                          std::vector<Data::Stuck>& stuck) {
      for (std::size_t k = 0; k < from.g.elements.size(); ++k) {
        const std::size_t at = (in.first + k / out.size) * a.stride + out.first + k % out.size;
        states[at] = a.state_at(from.g.elements[k]);
        if (!from.faults.empty() && from.faults[k] != device::Fault::none)
          stuck.push_back({at, states[at], from.faults[k]});
      }
    };
    take(block.plus, a.plus, a.plus_stuck);
    if (a.pairs()) take(block.minus, a.minus, a.minus_stuck);
  }
  a.persist();
  a.changed();
}

double weight_limit_of(const ProgrammedMatrix& cells, const device::UpdateModel& model) {
  const double used =
      (model.siemens(model.used_hi) - model.siemens(model.used_lo)) / cells.settings.cell.g_on_s();
  return cells.code.weight_max * cells.code.slice_scale[0] * used / (cells.differential() ? 1 : 2);
}

std::vector<float> LearningArray::conductances_s() const {
  const Data& a = *data_;
  std::vector<float> all;
  for (const auto* cells : {&a.plus, &a.minus}) {
    if (cells->empty()) continue;
    for (std::size_t i = 0; i < a.inputs; ++i) {
      for (std::size_t j = 0; j < a.outputs; ++j)
        all.push_back(static_cast<float>(a.updater->model().siemens((*cells)[i * a.stride + j])));
    }
  }
  return all;
}

}  // namespace mho::array
