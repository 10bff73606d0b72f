// What of a chip's matrix is not as a study has it.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "mho/array/mapping/chip_cells.h"
#include "mho/array/mapping/coding.h"

namespace mho::array {
namespace {

/// No error, drift or spread brings a cell so far above its on state, in units of it.
constexpr double kFarAboveOn = 1e3;

/// Collects "its <what> is <there>, but <here> in the study".
class Differences {
 public:
  template <typename T>
  void compare(const char* what, const T& there, const T& here) {
    if (there != here) say(fmt::format("its {} is {}, but {} in the study", what, there, here));
  }
  /// Numbers that went through siemens and back are equal but for rounding.
  void compare_nearly(const char* what, double there, double here) {
    if (there != here && !(std::abs(there - here) <= 1e-9 * std::abs(here)))
      say(fmt::format("its {} is {:g}, but {:g} in the study", what, there, here));
  }
  void say(const std::string& what) { text_ += (text_.empty() ? "" : "; ") + what; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void compare_meaning(const ChipMeaning& m, const Settings& s, Differences& differ) {
  differ.compare<std::string_view>("mapping.scheme", m.scheme, word_of(s.mapping.scheme));
  differ.compare("mapping.weight_bits", m.weight_bits, s.mapping.weight_bits);
  const auto per = [](bool column) { return std::string_view(column ? "column" : "matrix"); };
  differ.compare("mapping.weight_range_per", per(!m.column_scales.empty()), per(s.mapping.range_per_column));
  differ.compare("device.cell_bits", m.cell_bits, s.cell.cell_bits());
  differ.compare_nearly("device.g_on_s", m.g_on_s, s.cell.g_on_s());
  differ.compare_nearly("device.on_off_ratio", m.on_off_ratio, s.cell.on_off_ratio());
  if (const auto why = s.cell.with_past(m.past).why_too_old(); !why.empty()) differ.say(why);
}

}  // namespace

std::string why_unlike(const Chip& chip, const std::string& name, const Settings& settings, std::size_t out,
                       std::size_t in) {
  const ChipMatrix& matrix = chip.matrix(name);
  const ChipCells& cells = matrix.first();
  Differences differ;
  if (matrix.meaning) {
    compare_meaning(*matrix.meaning, settings, differ);
  } else if (matrix.cell.empty() != is_differential(settings.mapping.scheme)) {
    differ.say(fmt::format("its weights are {}, but mapping.scheme is \"{}\" in the study",
                           matrix.cell.empty() ? "pairs of cells" : "single cells",
                           word_of(settings.mapping.scheme)));
  }
  differ.compare("number of slices", cells.slices, static_cast<std::size_t>(settings.mapping.slices));
  differ.compare("number of inputs", cells.rows, in);
  differ.compare("number of outputs", cells.columns, out);
  const bool unit = settings.mapping.scheme == Scheme::offset_unit_column;
  const std::size_t units = unit ? col_parts(out, settings).size() : 0;
  if (matrix.unit.columns != units) {
    differ.say(fmt::format("it has {} unit columns of cells, but the study's arrays {}", matrix.unit.columns,
                           units));
  }
  for (const auto* kind : {&matrix.positive, &matrix.negative, &matrix.cell, &matrix.unit}) {
    const auto largest = std::max_element(kind->conductance_s.begin(), kind->conductance_s.end());
    if (largest != kind->conductance_s.end() && *largest > kFarAboveOn * settings.cell.g_on_s()) {
      differ.say(
          fmt::format("a cell has {:g} S, {:g} times the G_on of the study's cells: are these siemens?",
                      *largest, *largest / settings.cell.g_on_s()));
      break;
    }
  }
  if (differ.text().empty()) return "";
  return fmt::format("{}{}: {}", chip.source, name.empty() ? "" : "/" + name, differ.text());
}

double mean_conductance(const Chip& chip, const std::string& name, const device::Cell& cell) {
  const ChipMatrix& matrix = chip.matrix(name);
  double sum = 0, count = 0;
  for (const auto* cells : {&matrix.positive, &matrix.negative, &matrix.cell}) {
    for (std::size_t i = 0; i < cells->size(); ++i) {
      const device::Fault fault = cells->faults.empty() ? device::Fault::none : cells->faults[i];
      sum += fault == device::Fault::stuck_on    ? 1
             : fault == device::Fault::stuck_off ? cell.g_off()
                                                 : cells->conductance_s[i] / cell.g_on_s();
    }
    count += static_cast<double>(cells->size());
  }
  return sum / count;
}

}  // namespace mho::array
