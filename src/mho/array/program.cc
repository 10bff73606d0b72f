// Mapping and programming: from weights to the conductances of all arrays.

#include <fmt/format.h>

#include <cmath>

#include "mho/array/programmed_matrix.h"
#include "mho/core/error.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

void refuse_what_is_no_number(core::MatrixView<const float> weights, std::string_view layer) {
  for (std::size_t j = 0; j < weights.rows; ++j) {
    for (std::size_t i = 0; i < weights.cols; ++i) {
      if (!std::isfinite(weights(j, i))) {
        throw core::InvalidInput(fmt::format("{}weight [{}, {}] is {}: weights must be finite numbers",
                                             layer.empty() ? "" : fmt::format("{}: ", layer), j, i,
                                             weights(j, i)));
      }
    }
  }
}

/// What both polarities of a block are to hold.
void write_targets(const ProgrammedMatrix& m, core::MatrixView<const float> weights, Block& block) {
  const Part rows = m.row_parts[block.row_part];
  const Part cols = m.col_parts[block.col_part];
  const std::size_t unit = m.unit_columns();
  const bool pairs = m.differential();
  block.plus.g = core::Matrix<float>(rows.size, unit + cols.size);
  if (pairs) block.minus.g = core::Matrix<float>(rows.size, cols.size);
  std::vector<float> row(unit + cols.size, 0.0f);  // the unit column's weights are 0
  for (std::size_t i = 0; i < rows.size; ++i) {
    for (std::size_t j = 0; j < cols.size; ++j) row[unit + j] = weights(cols.first + j, rows.first + i);
    targets(m.code, row, block.slice, block.plus.g.row(i), pairs ? block.minus.g.row(i) : std::span<float>());
  }
}

/// Programs the cells whose targets lie there, and notes what reading must know of every one.
void program_cells(const ProgrammedMatrix& m, CellArray& a) {
  const device::Cell& cell = m.settings.cell;
  cell.program(
      a.g.elements,
      {.seed = m.seed, .trial = m.trial, .purpose = "programming", .layer = m.layer, .array = a.number}, 0);
  if (cell.has_read_noise()) {
    a.sigma = core::Matrix<float>(a.g.rows, a.g.cols);
    cell.read_noise(a.g.elements, a.sigma.elements);
  }
  if (cell.is_nonlinear()) {
    a.second = core::Matrix<float>(a.g.rows, a.g.cols);
    a.third = core::Matrix<float>(a.g.rows, a.g.cols);
    cell.nonlinearity(a.g.elements, a.second.elements, a.third.elements);
  }
}

double sum(const Block& block) {
  double all = 0;
  for (const float g : block.plus.g.elements) all += g;
  for (const float g : block.minus.g.elements) all += g;
  return all;
}

}  // namespace

std::vector<Part> row_parts(std::size_t in, const Settings& settings) {
  return partition(in, settings.array.rows, settings.array.partition);
}

std::vector<Part> col_parts(std::size_t out, const Settings& settings) {
  const bool unit = settings.mapping.scheme == Scheme::offset_unit_column;
  const std::size_t cols = settings.array.cols;
  return partition(out, cols > 0 && unit ? cols - 1 : cols, settings.array.partition);
}

std::shared_ptr<const ProgrammedMatrix> program(core::MatrixView<const float> weights,
                                                const Settings& settings, const Ranges& ranges,
                                                const Chip& chip) {
  refuse_what_is_no_number(weights, chip.layer);
  auto m = std::make_shared<ProgrammedMatrix>();
  m->settings = settings;
  m->ranges = ranges;
  m->seed = chip.seed;
  m->trial = chip.trial;
  m->layer = chip.layer;
  m->out = weights.rows;
  m->in = weights.cols;
  const std::vector<double> w_max =
      ranges.weights.empty() ? weight_ranges(settings.mapping, weights) : ranges.weights;
  m->code = weight_code(settings, settings.mapping.range_per_column ? 1 : w_max.front());
  core::Matrix<float> scaled;
  if (settings.mapping.range_per_column) {
    m->column_scale.assign(w_max.begin(), w_max.end());
    scaled = core::Matrix<float>(weights.rows, weights.cols);
    for (std::size_t j = 0; j < weights.rows; ++j) {
      for (std::size_t i = 0; i < weights.cols; ++i)
        scaled(j, i) = static_cast<float>(weights(j, i) / w_max[j]);
    }
    weights = scaled.view();
  }
  m->row_parts = row_parts(m->in, settings);
  m->col_parts = col_parts(m->out, settings);
  for (std::size_t p = 0; p < m->row_parts.size(); ++p) {
    for (std::size_t c = 0; c < m->col_parts.size(); ++c) {
      for (int s = 0; s < m->code.slices; ++s) m->blocks.push_back({p, c, s, {}, {}, 1});
    }
  }
  core::parallel_for(m->blocks.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      Block& block = m->blocks[b];
      block.plus.number = static_cast<std::uint32_t>(2 * b);
      block.minus.number = static_cast<std::uint32_t>(2 * b + 1);
      write_targets(*m, weights, block);
      const double wanted = settings.cell.compensates_drift() ? sum(block) : 0;
      program_cells(*m, block.plus);
      if (m->differential()) program_cells(*m, block.minus);
      if (!settings.cell.compensates_drift()) continue;
      if (const double there = sum(block); there > 0) block.compensation = wanted / there;
    }
  });
  return m;
}

Footprint footprint(std::size_t out, std::size_t in, const Settings& settings) {
  const bool pair = is_differential(settings.mapping.scheme);
  const std::size_t unit = settings.mapping.scheme == Scheme::offset_unit_column;
  const auto rows = row_parts(in, settings);
  const auto cols = col_parts(out, settings);
  const std::size_t blocks = rows.size() * cols.size() * settings.mapping.slices;
  Footprint f;
  f.arrays = blocks * (pair && !settings.mapping.interleaved ? 2 : 1);
  const std::size_t array_rows = settings.array.rows > 0 ? settings.array.rows : in;
  const std::size_t array_cols = settings.array.cols > 0 ? settings.array.cols : out + unit;
  const double there = static_cast<double>(blocks) * array_rows * array_cols;
  const double used = static_cast<double>(settings.mapping.slices) * in * (out + unit * cols.size());
  f.utilization = there > 0 ? used / there : 0;
  return f;
}

}  // namespace mho::array
