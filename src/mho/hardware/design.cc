#include "mho/hardware/design.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "mho/core/error.h"
#include "mho/hardware/keys.h"

namespace mho::hardware {
namespace {

/// Says what the tile can't do, with the key that asks for it: (section, key, reason).
void check_limits(const Design& design, int slices,
                  const std::function<void(const char*, const char*, const std::string&)>& refuse) {
  const auto& tile = design.tile;
  const auto over = [&](const char* section, const char* key, int asked, int limit, const char* what) {
    if (asked > limit)
      refuse(section, key,
             fmt::format("{} bits are more than the {} of the tile \"{}\" can do: at most {}", asked, what,
                         tile.name, limit));
  };
  over("input", "bits", design.precision.input_bits, tile.max_input_bits, "input drivers");
  over("mapping", "weight_bits", (design.precision.weight_bits + slices - 1) / slices, tile.max_weight_bits,
       "cells");
  if (tile.digital) return;
  over("adc", "bits", design.precision.output_bits, std::min(tile.max_output_bits, design.converter.max_bits),
       "converter");
  if (design.precision.output_bits < design.converter.min_bits) {
    refuse("adc", "bits",
           fmt::format("the converter \"{}\" is known from {} bits on", design.converter.name,
                       design.converter.min_bits));
  }
  if (tile.analog.threshold > 0 && design.supply_v > 0 && design.supply_v <= tile.analog.threshold) {
    refuse("hardware", "supply_v",
           fmt::format("must be above the threshold of {} V of the tile \"{}\"", tile.analog.threshold.value,
                       tile.name));
  }
}

/// What the cost takes for granted where the study asks for what no circuit has.
std::vector<std::string> notes_of(const Design& design, const array::Settings& settings) {
  std::vector<std::string> notes;
  const auto& p = design.precision;
  if (settings.input.bits == 0)
    notes.push_back(fmt::format("input.bits = 0: inputs of {} bits are costed", p.input_bits));
  if (settings.mapping.weight_bits == 0)
    notes.push_back(fmt::format("mapping.weight_bits = 0: weights of {} bits are costed", p.weight_bits));
  if (design.tile.digital) {
    notes.push_back(
        fmt::format("the tile \"{}\" is digital: it has no cells of a device, no slices and no "
                    "converters",
                    design.tile.name));
  } else if (settings.adc.kind == array::AdcKind::ideal) {
    notes.push_back(
        fmt::format("adc.kind = \"ideal\": conversions of {} bits by the converter \"{}\" are costed",
                    p.output_bits, design.converter.name));
  }
  return notes;
}

ChipOptions read_chip(const core::ConfigTable& hardware) {
  ChipOptions chip;
  chip.ops_per_mac = hardware.number(keys::ops_per_mac);
  chip.arrays_per_tile = static_cast<int>(hardware.integer(keys::arrays_per_tile));
  chip.arrays = static_cast<std::size_t>(hardware.integer(keys::arrays));
  chip.spare = hardware.number(keys::spare);
  chip.edram = hardware.choice(keys::buffer) == keys::Buffer::edram;
  chip.replicate = hardware.flag(keys::replicate);
  chip.tile_buffer_bits = 8 * hardware.number(keys::tile_buffer_bytes);
  chip.batch = static_cast<std::size_t>(hardware.integer(keys::batch));
  chip.images_per_epoch = hardware.number(keys::images_per_epoch);
  return chip;
}

void rescale(Quantity& quantity, double factor, const std::string& why) {
  quantity.value *= factor;
  quantity.kind = Kind::derived;
  quantity.source = source_of(fmt::format("derived: {} ({})", why, *quantity.source));
}

/// The converter of the study's [adc] kind where that names a circuit, else the tile's own.
std::string converter_name(const array::Settings& array, const Tile& tile) {
  switch (array.adc.kind) {
    case array::AdcKind::ramp:
      return tile.analog.converter == "ramp" ? "ramp" : tile.analog.converter;
    case array::AdcKind::sar:
      return "sar";
    default:
      return tile.analog.converter;
  }
}

/// Reads a card under what the study lays over it; what is wrong with it becomes a complaint of `key`. What
/// it holds, `held_as`, is part of what a result is of.
template <typename Read>
auto read_card(const core::Config& study, const char* key, const char* folder, const std::string& name,
               const char* overrides, Read read, const std::string& held_as) {
  const auto hardware = study.root().table("hardware");
  try {
    core::Config card =
        load_card(folder, name, hardware.file_of(key), study.library()).overlaid(study, overrides, "");
    auto value = read(card);
    card.finish();
    hardware.holds(held_as, core::sha256(card.resolved().dump()));  // with what overrides it
    return value;
  } catch (const core::InvalidInput& error) {
    hardware.complain(key, error.what());
    return decltype(read(std::declval<core::Config&>())){};
  }
}

}  // namespace

void rescale_core(DigitalTile& core, const Technology& from, const Technology& to) {
  if (from.name == to.name) return;
  const double size = to.node.feature / from.node.feature, volts = to.node.supply / from.node.supply;
  const std::string why = fmt::format("C·V² from {} to {}", from.name, to.name);
  for (Quantity* energy : {&core.cell_energy, &core.sense_energy, &core.write_energy})
    rescale(*energy, size * volts * volts, why);
  rescale(core.cell_area, size * size, fmt::format("square of the node from {} to {}", from.name, to.name));
}

Hardware read_hardware(core::Config& study, bool asked_for) {
  const auto root = study.root();
  Hardware out{
      .study = study, .common = {}, .converter = "", .must_be_buildable = asked_for || root.has("hardware")};
  Design& design = out.common;
  const auto hardware = root.table("hardware");
  const std::string technology = hardware.text(keys::technology);
  const std::string tile = hardware.text(keys::tile);
  out.converter = hardware.text(keys::converter);
  for (const auto* key : {"override", "technology_override"}) hardware.keep(key);
  design.chip = read_chip(hardware);
  design.supply_v = hardware.number(keys::supply_v);
  if (hardware.has("mean_input")) design.activity.mean_input = hardware.number(keys::mean_input);
  if (hardware.has("mean_conductance"))
    design.activity.mean_conductance = hardware.number(keys::mean_conductance);
  design.technology = read_card(study, "technology", "technologies", technology,
                                "hardware.technology_override", read_technology, "technology");
  design.tile = read_card(study, "tile", "tiles", tile, "hardware.override", read_tile, "tile");
  design.made_for = design.tile.analog.cell;
  if (!design.tile.digital) hardware.keep("converter_override");
  if (design.tile.digital && !design.technology.name.empty()) {
    core::Config own =
        load_card("technologies", design.tile.technology, hardware.file_of("tile"), study.library());
    hardware.holds("tile.technology", core::sha256(own.text()));
    rescale_core(design.tile.core, read_technology(own), design.technology);
  }
  out.cell = hardware.choice(keys::cell);
  return out;
}

Design design_of(const Hardware& hardware, core::Config& view, const array::Settings& settings) {
  Design design = hardware.common;
  const auto& mapping = settings.mapping;
  const auto& input = settings.input;
  if (!design.tile.digital && !design.tile.name.empty()) {
    const bool by_kind = hardware.converter.empty() && settings.adc.kind == array::AdcKind::sar;
    const std::string name =
        hardware.converter.empty() ? converter_name(settings, design.tile) : hardware.converter;
    // The array behind a card that is not the tile's own keeps the tile's sharing of converters.
    design.converter =
        read_card(hardware.study, "converter", "converters", name, "hardware.converter_override",
                  read_converter, by_kind ? "converter.sar" : "converter");
  }
  design.even_parts = settings.array.partition == array::Partition::even;
  design.fit_rows = settings.array.rows == 0;
  design.fit_cols = settings.array.cols == 0;
  design.rows = design.fit_rows ? 1024 : settings.array.rows;
  design.cols = design.fit_cols ? 1024 : settings.array.cols;
  design.precision = {.input_bits = input.bits > 0 ? input.bits : 8,
                      .input_signed = input.signs != array::Input::Signed::no,
                      .slice_bits = input.slice_bits,
                      .output_bits = settings.adc.bits,
                      .weight_bits = mapping.weight_bits > 0 ? mapping.weight_bits : 8,
                      .convert_every_slice = settings.adc.per_input_slice};
  design.signs_from_data = settings.input.signs == array::Input::Signed::automatic;
  const bool pairs = array::is_differential(mapping.scheme);
  const bool apart = pairs && !array::subtracts_in_wires(mapping);
  design.cells = {.conversions = mapping.slices * (apart ? 2 : 1),
                  .signs = pairs && !apart ? 2 : 1,
                  .interleaved = mapping.interleaved,
                  .unit_column = mapping.scheme == array::Scheme::offset_unit_column};
  if (design.tile.digital) design.cells = {};
  if (design.tile.name.empty() || design.technology.name.empty()) return design;
  design.notes = notes_of(design, settings);
  const int slices = design.tile.digital ? 1 : mapping.slices;
  check_limits(design, slices, [&](const char* section, const char* key, const std::string& reason) {
    if (hardware.must_be_buildable) {
      const core::Config& said_by = section == std::string_view("hardware") ? hardware.study : view;
      said_by.root().table(section).complain(key, reason);
    } else {
      design.unbuildable = fmt::format("{}.{}: {}", section, key, reason);
      hardware.study.root().leave_out("hardware");  // with such a section the study would ask for it
    }
  });
  return design;
}

bool names_device(const core::Config& view) {
  const auto keys = view.root().table("device").keys();
  return std::any_of(keys.begin(), keys.end(), [](const std::string& key) {
    return key == "card" || key == "g_on_s" || key == "read_voltage_v";
  });
}

bool has_cells_of_device(const Hardware& hardware, bool named) {
  const bool device = hardware.cell == CellOf::device || (hardware.cell == CellOf::automatic && named);
  hardware.study.root().table("hardware").note("cell", device ? "device" : "tile");
  return device;
}

void use_device(Design& design, const device::Cell& cell) {
  if (design.tile.digital) return;
  const Source source = source_of(fmt::format("the device card \"{}\" of the study", cell.name()));
  auto& cells = design.tile.analog.cell;
  cells.on_resistance = {.value = 1 / cell.g_on_s(), .kind = Kind::measured, .source = source};
  cells.read_voltage = {.value = cell.read_voltage_v(), .kind = Kind::measured, .source = source};
  cells.read_energy = {.value = 0, .kind = Kind::derived, .source = source};
  design.device = cell.name();
}

Design read_design(core::Config& study, const array::Settings& settings) {
  const bool asked_for = study.root().text("task", "cost") == "cost";
  const Hardware hardware = read_hardware(study, asked_for);
  Design design = design_of(hardware, study, settings);
  if (has_cells_of_device(hardware, names_device(study))) use_device(design, settings.cell);
  return design;
}

Design load_design(const std::string& tile, std::size_t rows, std::size_t cols, Precision precision,
                   const std::string& technology) {
  Design design;
  core::Config tile_card = load_card("tiles", tile);
  design.tile = read_tile(tile_card);
  tile_card.finish();
  design.made_for = design.tile.analog.cell;
  core::Config technology_card =
      load_card("technologies", technology.empty() ? design.tile.technology : technology);
  design.technology = read_technology(technology_card);
  technology_card.finish();
  if (design.tile.digital && design.technology.name != design.tile.technology) {
    core::Config own = load_card("technologies", design.tile.technology);
    rescale_core(design.tile.core, read_technology(own), design.technology);
  }
  if (!design.tile.digital) design.converter = load_converter(design.tile.analog.converter);
  if (rows == 0 || cols == 0) throw core::InvalidInput("an array needs at least one row and one column");
  design.rows = rows;
  design.cols = cols;
  design.precision = precision;
  if (precision.input_bits < 1 || precision.input_bits > design.tile.max_input_bits)
    throw core::InvalidInput(fmt::format("{} input bits: the tile \"{}\" takes 1 to {}", precision.input_bits,
                                         tile, design.tile.max_input_bits));
  const int most = design.tile.digital ? design.tile.max_output_bits
                                       : std::min(design.tile.max_output_bits, design.converter.max_bits);
  if (precision.output_bits < 1 || precision.output_bits > most)
    throw core::InvalidInput(fmt::format("{} output bits: the converter of the tile \"{}\" gives 1 to {}",
                                         precision.output_bits, tile, most));
  return design;
}

}  // namespace mho::hardware
