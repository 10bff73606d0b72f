// The file of a chip: NPZ with mho.json in it.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "mho/array/chip/chip.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/npy.h"
#include "mho/core/zip.h"

namespace mho::array {
namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "mho chip 1";
constexpr const char* kOriginFile = "mho.json";

struct Kind {
  const char* name;
  ChipCells ChipMatrix::*cells;
};
constexpr Kind kKinds[] = {{"positive", &ChipMatrix::positive},
                           {"negative", &ChipMatrix::negative},
                           {"cell", &ChipMatrix::cell},
                           {"unit", &ChipMatrix::unit}};

[[noreturn]] void fail(const std::string& place, const std::string& what) {
  throw core::InvalidInput(fmt::format("{}: {}", place, what));
}

std::string prefix(const std::string& matrix) { return matrix.empty() ? "" : matrix + "/"; }

// ---- reading

[[noreturn]] void fail_at(const std::string& place, const ChipCells& shape, std::size_t i, double value,
                          const char* why) {
  fail(place, fmt::format("[{}, {}, {}] is {} S: {}", i / shape.columns / shape.rows,
                          i / shape.columns % shape.rows, i % shape.columns, value, why));
}

std::vector<double> conductances(const core::NpyArray& array, const ChipCells& shape,
                                 const std::string& place) {
  const auto values = core::elements_as<double>(array, place);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) fail_at(place, shape, i, values[i], "a conductance is a finite number");
  }
  return {values.begin(), values.end()};
}

/// Of what was measured. Cells that learned by a model in units of the weight have conductances that stand
/// for states, and some of those lie below it all.
void refuse_negative(const ChipMatrix& matrix, const std::string& place) {
  for (const Kind& kind : kKinds) {
    const ChipCells& cells = matrix.*kind.cells;
    for (const auto* values : {&cells.conductance_s, &cells.target_s}) {
      for (std::size_t i = 0; i < values->size(); ++i) {
        if ((*values)[i] < 0)
          fail_at(fmt::format("{}{}{}", place, kind.name, values == &cells.target_s ? "_target" : ""), cells,
                  i, (*values)[i], "a conductance is 0 at the least");
      }
    }
  }
}

std::vector<device::Fault> faults(const core::NpyArray& array, const std::string& place) {
  const auto values = core::elements_as<std::int32_t>(array, place);
  std::vector<device::Fault> out;
  out.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0 || values[i] > 3)
      fail(place, fmt::format("element {} is {}: must be 0 (sound), 1 (stuck on), 2 (stuck off) or 3 (stuck "
                              "where it is)",
                              i, values[i]));
    out.push_back(static_cast<device::Fault>(values[i]));
  }
  return out;
}

/// What an entry's name says it is.
struct Entry {
  std::string matrix;
  ChipCells ChipMatrix::*cells = nullptr;
  enum class What { conductance, faults, target } what = What::conductance;
};

Entry entry_of(std::string_view name, const std::string& place) {
  Entry entry;
  if (const auto slash = name.rfind('/'); slash != std::string_view::npos) {
    entry.matrix = name.substr(0, slash);
    name.remove_prefix(slash + 1);
  }
  for (const auto& [suffix, what] :
       {std::pair{"_faults", Entry::What::faults}, std::pair{"_target", Entry::What::target}}) {
    if (!name.ends_with(suffix)) continue;
    entry.what = what;
    name.remove_suffix(std::strlen(suffix));
    break;
  }
  for (const Kind& kind : kKinds) {
    if (name == kind.name) entry.cells = kind.cells;
  }
  if (entry.cells == nullptr) {
    fail(
        place,
        "is no entry of a chip: a matrix L has L/positive and L/negative, or L/cell and L/unit, each perhaps "
        "with _faults and _target");
  }
  return entry;
}

void read_cells(Chip& chip, const std::string& name, const core::NpyArray& array, const std::string& place) {
  const Entry entry = entry_of(name, place);
  if (array.shape.size() != 3 || array.size() == 0) {
    fail(place, fmt::format("has the shape ({}); must be (slices, inputs, outputs), none of them 0",
                            fmt::join(array.shape, ", ")));
  }
  ChipCells& cells = chip.matrices[entry.matrix].*entry.cells;
  if (cells.empty()) {
    cells.slices = array.shape[0];
    cells.rows = array.shape[1];
    cells.columns = array.shape[2];
  } else if (array.shape != std::vector<std::size_t>{cells.slices, cells.rows, cells.columns}) {
    fail(place, fmt::format("has the shape ({}), but what stands beside it {}", fmt::join(array.shape, ", "),
                            cells.shape()));
  }
  const auto fill = [&](auto& values, auto&& found) {
    if (!values.empty()) fail(place, "occurs twice");
    values = std::move(found);
  };
  if (entry.what == Entry::What::conductance) fill(cells.conductance_s, conductances(array, cells, place));
  if (entry.what == Entry::What::target) fill(cells.target_s, conductances(array, cells, place));
  if (entry.what == Entry::What::faults) fill(cells.faults, faults(array, place));
}

ChipMeaning meaning_of(const json& entry) {
  ChipMeaning m;
  m.scheme = entry.at("scheme").get<std::string>();
  m.weight_bits = entry.at("weight_bits").get<int>();
  m.cell_bits = entry.at("cell_bits").get<int>();
  m.g_on_s = entry.at("g_on_s").get<double>();
  // JSON has no infinity
  m.on_off_ratio = entry.at("on_off_ratio").is_null() ? INFINITY : entry.at("on_off_ratio").get<double>();
  m.zero = entry.at("zero").get<double>();
  m.span = entry.at("span").get<double>();
  m.largest_weight = entry.at("largest_weight").get<double>();
  m.column_scales = entry.at("column_scales").get<std::vector<float>>();
  m.slice_factors = entry.at("slice_factors").get<std::vector<double>>();
  m.row_parts = entry.at("row_parts").get<std::vector<std::size_t>>();
  m.column_parts = entry.at("column_parts").get<std::vector<std::size_t>>();
  for (const auto& event : entry.at("past"))
    m.past.push_back({event.at("wait_s").get<double>(), event.at("dose_krad").get<double>()});
  m.ranges = entry.at("ranges");
  return m;
}

void read_origin(Chip& chip, const core::Bytes& bytes, const std::string& place) {
  try {
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    const json document = json::parse(text, text + bytes.size());
    if (document.value("format", "") != kFormat) fail(place, "is not that of a chip");
    ChipOrigin origin;
    origin.version = document.at("version").get<std::string>();
    origin.identity = document.at("identity").get<std::string>();
    origin.study = document.at("study");
    origin.seed = document.at("seed").get<std::uint64_t>();
    origin.trial = document.at("trial").get<std::uint32_t>();
    chip.origin = std::move(origin);
    for (const auto& [name, entry] : document.at("matrices").items())
      chip.matrices[name].meaning = meaning_of(entry);
  } catch (const json::exception& error) {
    fail(place, fmt::format("is damaged ({})", error.what()));
  }
}

bool add_up_to(std::size_t whole, const std::vector<std::size_t>& parts) {
  for (const std::size_t part : parts) {
    if (part == 0 || part > whole) return false;
    whole -= part;
  }
  return whole == 0;
}

/// What is said of a matrix fits its cells.
void check_meaning(const ChipMatrix& matrix, const std::string& place) {
  const ChipMeaning& m = *matrix.meaning;
  const ChipCells& cells = matrix.first();
  const auto positive = [](double x) { return x > 0 && std::isfinite(x); };
  bool right = positive(m.g_on_s) && m.on_off_ratio > 1 && positive(m.largest_weight) && m.zero >= 0 &&
               positive(m.span) && m.slice_factors.size() == cells.slices &&
               add_up_to(cells.rows, m.row_parts) && add_up_to(cells.columns, m.column_parts) &&
               (m.column_scales.empty() || m.column_scales.size() == cells.columns);
  for (const float scale : m.column_scales) right = right && positive(scale);
  for (const double factor : m.slice_factors) right = right && positive(factor);
  for (const auto& event : m.past) {
    right = right && event.wait_s >= 0 && std::isfinite(event.wait_s) && event.dose_krad >= 0 &&
            std::isfinite(event.dose_krad);
  }
  if (!right) fail(place, fmt::format("what mho.json says of it does not fit its cells {}", cells.shape()));
}

void check_matrix(const ChipMatrix& matrix, const std::string& place) {
  for (const Kind& kind : kKinds) {
    const ChipCells& cells = matrix.*kind.cells;
    if (!cells.empty() && cells.conductance_s.empty())
      fail(fmt::format("{}{}", place, kind.name),
           "its conductances are missing; only faults or targets are there");
  }
  const bool pair = !matrix.positive.empty() || !matrix.negative.empty();
  if (pair == !matrix.cell.empty() || (pair && !matrix.unit.empty())) {
    fail(place, "must have \"positive\" and \"negative\" (pairs), or \"cell\" and perhaps \"unit\"");
  }
  if (pair && matrix.positive.shape() != matrix.negative.shape()) {
    fail(place, fmt::format("\"positive\" has the shape {}, \"negative\" {}", matrix.positive.shape(),
                            matrix.negative.shape()));
  }
  if (!matrix.unit.empty() &&
      (matrix.unit.slices != matrix.cell.slices || matrix.unit.rows != matrix.cell.rows)) {
    fail(place, fmt::format("\"unit\" has the shape {}, but \"cell\" {}: slices and inputs must agree",
                            matrix.unit.shape(), matrix.cell.shape()));
  }
  if (matrix.meaning) check_meaning(matrix, place);
}

// ---- writing

json meaning_json(const ChipMeaning& m) {
  json past = json::array();
  for (const auto& event : m.past) past.push_back({{"wait_s", event.wait_s}, {"dose_krad", event.dose_krad}});
  return {{"scheme", m.scheme},
          {"weight_bits", m.weight_bits},
          {"cell_bits", m.cell_bits},
          {"g_on_s", m.g_on_s},
          {"on_off_ratio", std::isfinite(m.on_off_ratio) ? json(m.on_off_ratio) : json()},
          {"zero", m.zero},
          {"span", m.span},
          {"largest_weight", m.largest_weight},
          {"column_scales", m.column_scales},
          {"slice_factors", m.slice_factors},
          {"row_parts", m.row_parts},
          {"column_parts", m.column_parts},
          {"past", past},
          {"ranges", m.ranges}};
}

core::ZipFile origin_file(const Chip& chip) {
  const ChipOrigin& origin = *chip.origin;
  json matrices = json::object();
  double seconds = 0, dose_krad = 0;  // of the oldest matrix, where they are not of one age
  for (const auto& [name, matrix] : chip.matrices) {
    if (!matrix.meaning) continue;
    matrices[name] = meaning_json(*matrix.meaning);
    seconds = std::max(seconds, device::total_wait_s(matrix.meaning->past));
    dose_krad = std::max(dose_krad, device::total_dose_krad(matrix.meaning->past));
  }
  const json document = {
      {"format", kFormat},      {"version", origin.version}, {"identity", origin.identity},
      {"seed", origin.seed},    {"trial", origin.trial},     {"seconds_since_programming", seconds},
      {"dose_krad", dose_krad}, {"matrices", matrices},      {"study", origin.study}};
  const std::string text = document.dump(1) + "\n";
  const auto bytes = std::as_bytes(std::span(text));
  return {kOriginFile, {bytes.begin(), bytes.end()}};
}

}  // namespace

std::string ChipCells::shape() const { return fmt::format("({}, {}, {})", slices, rows, columns); }

const ChipMatrix& Chip::matrix(const std::string& name) const {
  if (const auto found = matrices.find(name); found != matrices.end()) return found->second;
  if (name.empty() && matrices.size() == 1) return matrices.begin()->second;
  std::vector<std::string> names;
  for (const auto& [there, matrix] : matrices) names.push_back(core::printable(there));
  throw core::InvalidInput(fmt::format("{}: holds no cells of \"{}\"; it holds those of {}", source, name,
                                       fmt::join(names, ", ")));
}

Chip read_chip(const std::string& path) { return parse_chip(core::read_file(path), path); }

Chip parse_chip(std::span<const std::byte> file, const std::string& name) {
  Chip chip;
  chip.contents = core::sha256(file);
  chip.source = name;
  std::map<std::string, core::Bytes> origin;
  core::for_each_zip_file(file, name, [&](const std::string& entry, const auto& contents) {
    const std::string place = fmt::format("{}/{}", name, core::printable(entry));
    if (entry == kOriginFile) {
      if (!origin.emplace(place, contents()).second) fail(place, "occurs twice");
      return;
    }
    if (!entry.ends_with(".npy")) fail(place, "only .npy files and mho.json may be in a chip");
    read_cells(chip, entry.substr(0, entry.size() - 4), core::parse_npy(contents(), place), place);
  });
  for (const auto& [place, bytes] : origin) read_origin(chip, bytes, place);
  if (chip.matrices.empty()) fail(name, "holds no cells");
  for (const auto& [layer, matrix] : chip.matrices) {
    const std::string place = fmt::format("{}/{}", name, core::printable(prefix(layer)));
    if (chip.origin && !matrix.meaning) fail(place, "mho.json says nothing of it");
    check_matrix(matrix, place);
    if (!chip.origin) refuse_negative(matrix, place);
  }
  return chip;
}

void write_chip(const std::string& path, const Chip& chip) {
  std::vector<core::ZipFile> files;
  if (chip.origin) files.push_back(origin_file(chip));
  for (const auto& [name, matrix] : chip.matrices) {
    for (const Kind& kind : kKinds) {
      const ChipCells& cells = matrix.*kind.cells;
      if (cells.empty()) continue;
      const std::size_t shape[] = {cells.slices, cells.rows, cells.columns};
      const std::string entry = prefix(name) + kind.name;
      // Random conductances do not deflate; targets and faults do.
      files.push_back(
          {entry + ".npy", core::npy_bytes<double>(shape, cells.conductance_s), /*deflate=*/false});
      if (!cells.faults.empty()) {
        files.push_back({entry + "_faults.npy",
                         core::npy_bytes(shape, core::Dtype::i1, std::as_bytes(std::span(cells.faults)))});
      }
      if (!cells.target_s.empty())
        files.push_back({entry + "_target.npy", core::npy_bytes<double>(shape, cells.target_s)});
    }
  }
  core::write_zip(path, files);
}

}  // namespace mho::array
