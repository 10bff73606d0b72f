// Mapping and programming: from weights to the conductances of all arrays.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <vector>

#include "mho/array/mapping/chip_cells.h"
#include "mho/array/mapping/programmed_matrix.h"
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

/// Weights of groups, one below the other, and the range of each output where columns have their own.
struct Given {
  core::MatrixView<const float> weights;
  std::size_t groups = 1;
  std::vector<double> ranges;
};

/// Target conductances of all integers that weights can become in one slice: each is found once, not once a
/// weight.
class LevelTargets {
 public:
  LevelTargets(const WeightCode& code, int slice) : code_(code), slice_(slice) {
    if (code.bits == 0 || code.bits > kMostBits) return;
    const int full = (1 << (code.bits - 1)) - 1;
    for (int level = -full; level <= full; ++level) {
      const Target t = target(code, code.weight_max * level / full, slice);
      plus_.push_back(static_cast<float>(t.plus));
      minus_.push_back(static_cast<float>(t.minus));
    }
  }

  /// `minus` may be empty where the scheme has none.
  void find(std::span<const float> weights, std::span<float> plus, std::span<float> minus) const {
    assert(weights.size() <= kTogether);
    if (plus_.empty()) return targets(code_, weights, slice_, plus, minus);
    std::int32_t levels[kTogether];
    weight_levels(code_, weights, levels);
    const std::size_t zero = plus_.size() / 2;
    for (std::size_t k = 0; k < weights.size(); ++k) plus[k] = plus_[zero + levels[k]];
    for (std::size_t k = 0; k < minus.size(); ++k) minus[k] = minus_[zero + levels[k]];
  }

  static constexpr std::size_t kTogether = 64;

 private:
  static constexpr int kMostBits = 10;  // the tables stay in a first-level cache
  const WeightCode& code_;
  int slice_;
  std::vector<float> plus_, minus_;
};

/// Writes a tile of columns as rows.
void transpose(const float (*columns)[LevelTargets::kTogether], core::MatrixView<float> cells) {
  for (std::size_t i = 0; i < cells.rows; ++i) {
    float* const row = cells.row(i).data();
    for (std::size_t j = 0; j < cells.cols; ++j) row[j] = columns[j][i];
  }
}

/// What both polarities of a block are to hold: everywhere what a weight of zero asks for, then, between the
/// inputs and outputs of each group, what its weights ask for, tile by tile, as rows of weights are columns
/// of cells.
void write_targets(const ProgrammedMatrix& m, const Given& given, const LevelTargets& levels, Block& block) {
  constexpr std::size_t kTall = LevelTargets::kTogether, kWide = 16;
  const Part rows = m.row_parts[block.row_part];
  const Part cols = m.col_parts[block.col_part];
  const std::size_t unit = m.unit_columns();
  const std::size_t inputs = given.weights.cols, outputs = given.weights.rows / given.groups;
  const bool pairs = m.differential();
  float weights[kTall] = {}, plus[kWide][kTall], minus[kWide][kTall];
  const auto find = [&](std::size_t j, std::size_t n) {
    levels.find({weights, n}, {plus[j], n}, {minus[j], pairs ? n : 0});
  };
  find(0, 1);
  block.plus.g = core::Matrix<float>(rows.size, unit + cols.size, plus[0][0]);
  if (pairs) block.minus.g = core::Matrix<float>(rows.size, cols.size, minus[0][0]);
  const auto tile = [&](Part in, Part out, std::size_t group) {
    for (std::size_t j = 0; j < out.size; ++j) {
      const std::size_t output = out.first + j;
      const float* const from = given.weights.row(output).data() + (in.first - group * inputs);
      for (std::size_t k = 0; k < in.size; ++k)
        weights[k] = given.ranges.empty() ? from[k] : static_cast<float>(from[k] / given.ranges[output]);
      find(j, in.size);
    }
    const std::size_t row = in.first - rows.first, col = out.first - cols.first;
    transpose(plus, block.plus.g.view().block(row, unit + col, in.size, out.size));
    if (pairs) transpose(minus, block.minus.g.view().block(row, col, in.size, out.size));
  };
  const std::size_t last_row = rows.first + rows.size, last_col = cols.first + cols.size;
  for (std::size_t group = cols.first / outputs; group * outputs < last_col; ++group) {
    const std::size_t row_end = std::min(last_row, (group + 1) * inputs);
    const std::size_t col_end = std::min(last_col, (group + 1) * outputs);
    for (std::size_t i = std::max(rows.first, group * inputs); i < row_end; i += kTall) {
      for (std::size_t j = std::max(cols.first, group * outputs); j < col_end; j += kWide)
        tile({i, std::min(kTall, row_end - i)}, {j, std::min(kWide, col_end - j)}, group);
    }
  }
}

/// Programs the cells whose targets lie there.
void program_cells(const ProgrammedMatrix& m, Keep keep, CellArray& a) {
  const device::Cell& cell = m.settings.cell;
  const core::Stream stream{
      .seed = m.seed, .trial = m.trial, .purpose = "programming", .layer = m.layer, .array = a.number};
  if (keep == Keep::life) {
    a.target = a.g;
    a.faults.resize(a.g.elements.size());
    cell.faults(a.faults, stream, 0);
  }
  cell.program(a.g.elements, stream, 0);
  note_reads(cell, a);
}

double sum(const Block& block) {
  double all = 0;
  for (const float g : block.plus.g.elements) all += g;
  for (const float g : block.minus.g.elements) all += g;
  return all;
}

}  // namespace

void note_reads(const device::Cell& cell, CellArray& a) {
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

std::shared_ptr<const ProgrammedMatrix> program(core::MatrixView<const float> weights,
                                                const Settings& settings, const Ranges& ranges,
                                                const RandomSource& source, std::size_t groups, Keep keep) {
  assert(groups > 0 && weights.rows % groups == 0);
  refuse_what_is_no_number(weights, source.layer);
  Given given{weights, groups, weight_ranges(settings.mapping, weights)};
  const WeightCode code = weight_code(settings, settings.mapping.range_per_column ? 1 : given.ranges.front());
  auto m = std::make_shared<ProgrammedMatrix>();
  static_cast<MappedMatrix&>(*m) = map_matrix(weights.rows, groups * weights.cols, settings, code, source);
  m->ranges = ranges;
  if (!settings.mapping.range_per_column) given.ranges.clear();
  m->column_scale.assign(given.ranges.begin(), given.ranges.end());
  if (settings.chip) return from_chip(*m, keep);
  for (std::size_t b = 0; b < m->block_count(); ++b) {
    const auto place = m->place_of(b);
    m->blocks.push_back({place.row_part, place.col_part, place.slice, {}, {}, 1});
    m->blocks.back().plus.number = place.number;
    m->blocks.back().minus.number = place.number + 1;
  }
  std::vector<LevelTargets> levels;
  levels.reserve(m->code.slices);
  for (int slice = 0; slice < m->code.slices; ++slice) levels.emplace_back(m->code, slice);
  core::parallel_for(m->blocks.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      Block& block = m->blocks[b];
      write_targets(*m, given, levels[block.slice], block);
      for (CellArray* array : {&block.plus, &block.minus}) settings.cell.round_to_levels(array->g.elements);
      const double wanted = settings.cell.compensates_drift() ? sum(block) : 0;
      program_cells(*m, keep, block.plus);
      if (m->differential()) program_cells(*m, keep, block.minus);
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
