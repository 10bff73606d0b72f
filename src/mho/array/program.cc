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

/// Writes the targets of one polarity, programs them, and notes what reading must know of every cell.
CellArray programmed(const ProgrammedMatrix& m, const Block& block, bool minus,
                     core::MatrixView<const float> weights, double& target_sum, double& sum) {
  const Part rows = m.row_parts[block.row_part];
  const Part cols = m.col_parts[block.col_part];
  const std::size_t unit = m.unit_columns();
  const device::Cell& cell = m.settings.cell;
  const std::size_t index = &block - m.blocks.data();

  CellArray a;
  a.number = static_cast<std::uint32_t>(2 * index + minus);
  a.g = core::Matrix<float>(rows.size, unit + cols.size);
  for (std::size_t i = 0; i < rows.size; ++i) {
    for (std::size_t j = 0; j < unit + cols.size; ++j) {
      const double w = j < unit ? 0 : weights(cols.first + j - unit, rows.first + i);
      const Target t = target(m.code, w, block.slice);
      a.g(i, j) = static_cast<float>(minus ? t.minus : t.plus);
    }
  }
  for (const float g : a.g.elements) target_sum += g;
  cell.program(
      a.g.elements,
      {.seed = m.seed, .trial = m.trial, .purpose = "programming", .layer = m.layer, .array = a.number}, 0);
  for (const float g : a.g.elements) sum += g;
  if (cell.has_read_noise()) {
    a.sigma = core::Matrix<float>(a.g.rows, a.g.cols);
    cell.read_noise(a.g.elements, a.sigma.elements);
  }
  if (cell.is_nonlinear()) {
    a.second = core::Matrix<float>(a.g.rows, a.g.cols);
    a.third = core::Matrix<float>(a.g.rows, a.g.cols);
    cell.nonlinearity(a.g.elements, a.second.elements, a.third.elements);
  }
  return a;
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
  m->code = weight_code(settings, weight_range(settings.mapping.weight_range, weights));
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
      double wanted = 0, got = 0;
      block.plus = programmed(*m, block, false, weights, wanted, got);
      if (m->differential()) block.minus = programmed(*m, block, true, weights, wanted, got);
      if (settings.cell.compensates_drift() && got > 0) block.compensation = wanted / got;
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
