#include "mho/array/mapping/chip_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mho/core/error.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

using device::Fault;

/// A part of a chip's cells: rows and columns of one slice.
struct Window {
  std::size_t slice = 0;
  Part rows, columns;
};

/// Calls visit(index in a chip's cells, row, column) for every cell of a window.
template <typename Visit>
void for_each(const ChipCells& cells, const Window& w, const Visit& visit) {
  for (std::size_t i = 0; i < w.rows.size; ++i) {
    const std::size_t row = (w.slice * cells.rows + w.rows.first + i) * cells.columns + w.columns.first;
    for (std::size_t j = 0; j < w.columns.size; ++j) visit(row + j, i, j);
  }
}

/// Of one kind of cells of a block: where they lie in the chip, and from which column on in the array.
struct Lie {
  ChipCells ChipMatrix::*cells;
  CellArray Block::*array;
  Window window;
  std::size_t column = 0;
};

std::vector<Lie> lies_of(const MappedMatrix& m, const Block& block) {
  const Window w{static_cast<std::size_t>(block.slice), m.row_parts[block.row_part],
                 m.col_parts[block.col_part]};
  if (m.differential())
    return {{&ChipMatrix::positive, &Block::plus, w}, {&ChipMatrix::negative, &Block::minus, w}};
  const std::size_t unit = m.unit_columns();
  std::vector<Lie> lies{{&ChipMatrix::cell, &Block::plus, w, unit}};
  if (unit > 0) lies.push_back({&ChipMatrix::unit, &Block::plus, {w.slice, w.rows, {block.col_part, 1}}, 0});
  return lies;
}

std::size_t width(const MappedMatrix& m, const Block& block, bool plus) {
  return m.col_parts[block.col_part].size + (plus ? m.unit_columns() : 0);
}

// ---- from arrays to a chip

void keep_cells(const Lie& lie, const Block& block, double g_on_s, ChipMatrix& chip) {
  ChipCells& to = chip.*lie.cells;
  const CellArray& from = block.*lie.array;
  for_each(to, lie.window, [&](std::size_t at, std::size_t i, std::size_t j) {
    to.conductance_s[at] = from.g(i, lie.column + j) * g_on_s;
    if (!to.target_s.empty()) to.target_s[at] = from.target(i, lie.column + j) * g_on_s;
    if (!from.faults.empty()) to.faults[at] = from.faults[i * from.g.cols + lie.column + j];
  });
}

/// `near` or a neighbour of it, whichever `fits`; `near` where none does.
template <typename Fits>
double nearest_that(double near, const Fits& fits) {
  constexpr double far = std::numeric_limits<double>::infinity();
  for (const double x : {near, std::nextafter(near, far), std::nextafter(near, -far)}) {
    if (fits(x)) return x;
  }
  return near;
}

/// The factor that gives `scale` to the last bit again.
double factor_of(double scale, double unit) {
  return nearest_that(scale / unit, [&](double factor) { return factor * unit == scale; });
}

/// Answer for a cell value of 1, over W_max.
double unit_scale(const WeightCode& code) {
  const bool offset_continuous = !is_differential(code.scheme) && code.bits == 0;
  return (offset_continuous ? 2 : 1) / code.span;
}

std::vector<std::size_t> sizes(const std::vector<Part>& parts) {
  std::vector<std::size_t> all;
  for (const Part& part : parts) all.push_back(part.size);
  return all;
}

std::vector<Part> parts_of(const std::vector<std::size_t>& sizes) {
  std::vector<Part> parts;
  std::size_t first = 0;
  for (const std::size_t size : sizes) {
    parts.push_back({first, size});
    first += size;
  }
  return parts;
}

nlohmann::json ranges_json(const Ranges& ranges) {
  nlohmann::json adc = nlohmann::json::array();
  for (const auto& r : ranges.adc) adc.push_back({r.lo, r.hi});
  return {
      {"input", ranges.input}, {"input_signed", ranges.input_signed}, {"adc", adc}, {"gain", ranges.gain}};
}

ChipMeaning meaning_of(const MappedMatrix& m) {
  ChipMeaning meaning;
  meaning.scheme = word_of(m.code.scheme);
  meaning.weight_bits = m.code.bits;
  meaning.cell_bits = m.settings.cell.cell_bits();
  meaning.g_on_s = m.settings.cell.g_on_s();
  meaning.on_off_ratio = m.settings.cell.on_off_ratio();
  meaning.zero = m.code.g_zero;
  meaning.span = m.code.span;
  meaning.largest_weight = m.code.weight_max;
  meaning.column_scales = m.column_scale;
  for (const double scale : m.code.slice_scale)
    meaning.slice_factors.push_back(factor_of(scale, unit_scale(m.code)));
  // The arrays that the cells were programmed in name them for life.
  const ChipMatrix* came_from = m.settings.chip ? &m.settings.chip->matrix(m.layer) : nullptr;
  const bool named = came_from != nullptr && came_from->meaning;
  meaning.row_parts = named ? came_from->meaning->row_parts : sizes(m.row_parts);
  meaning.column_parts = named ? came_from->meaning->column_parts : sizes(m.col_parts);
  meaning.past = m.settings.cell.lived();
  meaning.ranges = ranges_json(m.ranges);
  return meaning;
}

// ---- from a chip to arrays

/// As programming would lay weights up to the chip's largest.
WeightCode code_as_programmed(const ChipMatrix& cells, Settings settings) {
  settings.mapping.weight_bits = cells.meaning->weight_bits;
  settings.mapping.slices = cells.meaning->weight_bits > 0 ? static_cast<int>(cells.first().slices) : 1;
  return weight_code(settings, cells.meaning->largest_weight);
}

bool has_range(const WeightCode& code, const ChipMeaning& m) {
  return code.g_zero == m.zero && code.span == m.span;
}

bool has_factors(const WeightCode& code, const ChipMeaning& m) {
  const double unit = unit_scale(code);
  const auto same = [&](double factor, double scale) { return std::abs(factor * unit / scale - 1) < 1e-12; };
  return std::equal(m.slice_factors.begin(), m.slice_factors.end(), code.slice_scale.begin(),
                    code.slice_scale.end(), same);
}

/// What the conductances mean: as the settings have it, but for what the chip says otherwise.
WeightCode code_of(const ChipMatrix& cells, const MappedMatrix& wanted) {
  if (!cells.meaning) return wanted.code;
  const ChipMeaning& m = *cells.meaning;
  WeightCode code = code_as_programmed(cells, wanted.settings);
  if (!has_range(code, m)) {
    const double top = nearest_that(m.zero + m.span, [&](double g) { return g - m.zero == m.span; });
    code = weight_code_within(code.scheme, m.largest_weight, m.zero, top, code.g_off);
  }
  if (has_factors(code, m)) return code;
  const double unit = unit_scale(code), offset = code.sum_scale;
  code.slices = static_cast<int>(m.slice_factors.size());
  code.slice_scale.clear();
  code.sum_scale = 0;
  for (const double factor : m.slice_factors) {
    code.slice_scale.push_back(factor * unit);
    code.sum_scale += factor * offset;
  }
  return code;
}

void take_cells(const ChipMatrix& chip, const Lie& lie, const device::Cell& cell, Keep keep, Block& block) {
  const ChipCells& from = chip.*lie.cells;
  CellArray& to = block.*lie.array;
  const double g_on = cell.g_on_s();
  const auto off = static_cast<float>(cell.g_off());
  for_each(from, lie.window, [&](std::size_t at, std::size_t i, std::size_t j) {
    float& g = to.g(i, lie.column + j);
    g = static_cast<float>(from.conductance_s[at] / g_on);
    const Fault fault = from.faults.empty() ? Fault::none : from.faults[at];
    if (fault == Fault::stuck_on) g = 1;
    if (fault == Fault::stuck_off) g = off;
    if (keep != Keep::life) return;
    to.target(i, lie.column + j) = from.target_s.empty() ? g : static_cast<float>(from.target_s[at] / g_on);
    to.faults[i * to.g.cols + lie.column + j] = fault;
  });
}

/// The blocks of `m` with the cells of a chip.
void fill(ProgrammedMatrix& m, const ChipMatrix& chip, Keep keep) {
  m.blocks.clear();
  for (std::size_t b = 0; b < m.block_count(); ++b) {
    const auto place = m.place_of(b);
    m.blocks.push_back({place.row_part, place.col_part, place.slice, {}, {}, 1});
    Block& block = m.blocks.back();
    for (const bool plus : {true, false}) {
      CellArray& array = plus ? block.plus : block.minus;
      array.number = place.number + (plus ? 0 : 1);
      if (!plus && !m.differential()) continue;
      const std::size_t rows = m.row_parts[place.row_part].size, columns = width(m, block, plus);
      array.g = core::Matrix<float>(rows, columns);
      if (keep != Keep::life) continue;
      array.target = core::Matrix<float>(rows, columns);
      array.faults.assign(rows * columns, Fault::none);
    }
    for (const Lie& lie : lies_of(m, block)) take_cells(chip, lie, m.settings.cell, keep, block);
  }
}

double sum(const core::Matrix<float>& plus, const core::Matrix<float>& minus) {
  double all = 0;
  for (const float v : plus.elements) all += v;
  for (const float v : minus.elements) all += v;
  return all;
}

/// What reading must know of every cell, and of every block.
void finish(ProgrammedMatrix& m, Keep keep) {
  for (Block& block : m.blocks) {
    for (CellArray* array : {&block.plus, &block.minus}) note_reads(m.settings.cell, *array);
    if (m.settings.cell.compensates_drift()) {
      const double there = sum(block.plus.g, block.minus.g);
      if (there > 0) block.compensation = sum(block.plus.target, block.minus.target) / there;
    }
    if (keep == Keep::life) continue;
    for (CellArray* array : {&block.plus, &block.minus}) {
      array->target = {};
      array->faults = {};
    }
  }
}

/// `cells` names what cells keep for life.
void age(ProgrammedMatrix& m, const RandomSource& cells, const RandomSource& now) {
  const device::Cell& cell = m.settings.cell;
  const auto stream = [](const RandomSource& source, std::string_view purpose, std::uint32_t array) {
    return core::Stream{.seed = source.seed,
                        .trial = source.trial,
                        .purpose = purpose,
                        .layer = source.layer,
                        .array = array};
  };
  for (Block& block : m.blocks) {
    for (CellArray* array : {&block.plus, &block.minus}) {
      if (array->g.elements.empty()) continue;
      if (array->target.elements.empty()) array->target = array->g;
      cell.age(array->g.elements, array->target.elements, array->faults,
               stream(cells, "programming", array->number), stream(now, "ageing", array->number));
    }
  }
}

}  // namespace

bool learned(const ChipMatrix& cells, const Settings& settings) {
  if (!cells.meaning) return false;
  const WeightCode code = code_as_programmed(cells, settings);
  return !has_range(code, *cells.meaning) || !has_factors(code, *cells.meaning);
}

ChipMatrix chip_matrix(const ProgrammedMatrix& m) {
  ChipMatrix chip;
  chip.meaning = meaning_of(m);
  const std::size_t slices = static_cast<std::size_t>(m.code.slices);
  const bool targets = !m.blocks.front().plus.target.elements.empty();
  const bool faults = std::any_of(m.blocks.begin(), m.blocks.end(), [](const Block& block) {
    return !block.plus.faults.empty() || !block.minus.faults.empty();
  });
  const auto room = [&](ChipCells& cells, std::size_t columns) {
    cells.slices = slices;
    cells.rows = m.in;
    cells.columns = columns;
    cells.conductance_s.resize(cells.size());
    if (targets) cells.target_s.resize(cells.size());
    if (faults) cells.faults.resize(cells.size());
  };
  room(m.differential() ? chip.positive : chip.cell, m.out);
  if (m.differential()) room(chip.negative, m.out);
  if (m.unit_columns() > 0) room(chip.unit, m.col_parts.size());
  for (const Block& block : m.blocks) {
    for (const Lie& lie : lies_of(m, block)) keep_cells(lie, block, m.settings.cell.g_on_s(), chip);
  }
  return chip;
}

ChipOrigin chip_origin(const MappedMatrix& m) {
  ChipOrigin origin;
  const bool was_there = m.settings.chip && m.settings.chip->origin;
  origin.seed = was_there ? m.settings.chip->origin->seed : m.seed;
  origin.trial = was_there ? m.settings.chip->origin->trial : m.trial;
  return origin;
}

std::shared_ptr<const ProgrammedMatrix> from_chip(const MappedMatrix& wanted, Keep keep) {
  const Chip& chip = *wanted.settings.chip;
  if (const auto why = why_unlike(chip, wanted.layer, wanted.settings, wanted.out, wanted.in); !why.empty())
    throw core::InvalidInput(why);
  const ChipMatrix& cells = chip.matrix(wanted.layer);
  auto m = std::make_shared<ProgrammedMatrix>();
  static_cast<MappedMatrix&>(*m) = wanted;
  if (cells.meaning) m->settings.cell = wanted.settings.cell.with_past(cells.meaning->past);
  const bool ages = m->settings.cell.ages(), compensates = m->settings.cell.compensates_drift();
  m->code = code_of(cells, wanted);
  m->slices_there = static_cast<std::size_t>(m->code.slices);
  if (cells.meaning) m->column_scale = cells.meaning->column_scales;
  const Keep meanwhile = ages || compensates ? Keep::life : keep;
  if (ages && cells.meaning) {  // in the arrays that it was programmed in, whose numbers name its cells
    m->row_parts = parts_of(cells.meaning->row_parts);
    m->col_parts = parts_of(cells.meaning->column_parts);
  }
  fill(*m, cells, meanwhile);
  if (ages) {
    const ChipOrigin made = chip_origin(wanted);
    age(*m, {.seed = made.seed, .trial = made.trial, .layer = wanted.layer}, wanted.random_source());
    if (sizes(m->row_parts) != sizes(wanted.row_parts) || sizes(m->col_parts) != sizes(wanted.col_parts)) {
      const ChipMatrix whole = chip_matrix(*m);
      m->row_parts = wanted.row_parts;
      m->col_parts = wanted.col_parts;
      fill(*m, whole, meanwhile);
    }
  }
  finish(*m, keep);
  return m;
}

std::shared_ptr<const ProgrammedMatrix> aged(const ProgrammedMatrix& matrix, const RandomSource& now) {
  auto m = std::make_shared<ProgrammedMatrix>(matrix);
  const Keep keep = m->blocks.front().plus.target.elements.empty() ? Keep::conductances : Keep::life;
  if (m->settings.cell.ages()) {
    const ChipOrigin made = chip_origin(matrix);
    age(*m, {.seed = made.seed, .trial = made.trial, .layer = matrix.layer}, now);
    finish(*m, keep);
  }
  return m;
}

}  // namespace mho::array
