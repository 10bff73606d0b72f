#include "mho/hardware/design.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"

namespace mho::hardware {
namespace {

using core::above;
using core::at_least;
using core::between;

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

/// The device of the study in the place of the tile's own.
void use_device(AnalogTile& tile, const device::Cell& cell) {
  const Source source = source_of(fmt::format("the device card \"{}\" of the study", cell.name()));
  tile.cell.on_resistance = {.value = 1 / cell.g_on_s(), .kind = Kind::measured, .source = source};
  tile.cell.read_voltage = {.value = cell.read_voltage_v(), .kind = Kind::measured, .source = source};
}

ChipOptions read_chip(const core::ConfigTable& hardware) {
  ChipOptions chip;
  chip.ops_per_mac = hardware.number("ops_per_mac", chip.ops_per_mac, between(1, 2));
  chip.arrays_per_tile = static_cast<int>(hardware.integer("arrays_per_tile", chip.arrays_per_tile, 1, 4096));
  chip.arrays = static_cast<std::size_t>(hardware.integer("arrays", 0, 0, 100'000'000));
  chip.spare = hardware.number("spare", chip.spare, between(1, 1000));
  chip.edram = hardware.word("buffer", "sram", {"sram", "edram"}) == "edram";
  chip.replicate = hardware.flag("replicate", chip.replicate);
  chip.tile_buffer_bits = 8 * hardware.number("tile_buffer_bytes", chip.tile_buffer_bits / 8, above(0));
  chip.batch = static_cast<std::size_t>(hardware.integer("batch", 1, 1, 1'000'000'000));
  chip.images_per_epoch = hardware.number("images_per_epoch", 0, at_least(0));
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

}  // namespace

void rescale_core(DigitalTile& core, const Technology& from, const Technology& to) {
  if (from.name == to.name) return;
  const double size = to.node.feature / from.node.feature, volts = to.node.supply / from.node.supply;
  const std::string why = fmt::format("C·V² from {} to {}", from.name, to.name);
  for (Quantity* energy : {&core.cell_energy, &core.sense_energy, &core.write_energy})
    rescale(*energy, size * volts * volts, why);
  rescale(core.cell_area, size * size, fmt::format("square of the node from {} to {}", from.name, to.name));
}

Design read_design(core::Config& study, const array::Settings& array) {
  Design design;
  const bool asked_for = study.root().has("hardware") || study.root().text("task", "cost") == "cost";
  const auto hardware = study.root().table("hardware");
  const std::string technology = hardware.text("technology", "14nm");
  const std::string tile = hardware.text("tile", "reram");
  const std::string converter = hardware.text("converter", "");
  hardware.ignore("override");
  hardware.ignore("technology_override");
  design.chip = read_chip(hardware);
  design.supply_v = hardware.number("supply_v", 0, at_least(0));
  if (hardware.has("mean_input"))
    design.activity.mean_input = hardware.number("mean_input", 0.5, between(0, 1));
  if (hardware.has("mean_conductance"))
    design.activity.mean_conductance = hardware.number("mean_conductance", 0.5, between(0, 1));

  const auto card_of = [&](const char* key, const char* folder, const std::string& name,
                           const char* overrides, auto read) {
    try {
      core::Config card =
          load_card(folder, name, hardware.file_of(key), study.library()).overlaid(study, overrides, "");
      auto value = read(card);
      card.finish();
      hardware.holds(key, core::sha256(card.resolved().dump()));  // with what overrides it
      return value;
    } catch (const core::InvalidInput& error) {
      hardware.complain(key, error.what());
      return decltype(read(study)){};
    }
  };
  design.technology =
      card_of("technology", "technologies", technology, "hardware.technology_override", read_technology);
  design.tile = card_of("tile", "tiles", tile, "hardware.override", read_tile);
  if (design.tile.digital && !design.technology.name.empty()) {
    core::Config own =
        load_card("technologies", design.tile.technology, hardware.file_of("tile"), study.library());
    hardware.holds("tile.technology", core::sha256(own.text()));
    rescale_core(design.tile.core, read_technology(own), design.technology);
  }
  if (!design.tile.digital && !design.tile.name.empty()) {
    const std::string name = converter.empty() ? converter_name(array, design.tile) : converter;
    design.converter =
        card_of("converter", "converters", name, "hardware.converter_override", read_converter);
    hardware.ignore("converter_override");
    // The array behind a card that is not the tile's own keeps the tile's sharing of converters.
  }

  design.even_parts = array.array.partition == array::Partition::even;
  design.fit_rows = array.array.rows == 0;
  design.fit_cols = array.array.cols == 0;
  design.rows = design.fit_rows ? 1024 : array.array.rows;
  design.cols = design.fit_cols ? 1024 : array.array.cols;
  design.precision = {.input_bits = array.input.bits > 0 ? array.input.bits : 8,
                      .input_signed = array.input.signs != array::Input::Signed::no,
                      .slice_bits = array.input.slice_bits,
                      .output_bits = array.adc.bits,
                      .weight_bits = array.mapping.weight_bits > 0 ? array.mapping.weight_bits : 8,
                      .convert_every_slice = array.adc.per_input_slice};
  const bool pairs = array.mapping.scheme == array::Scheme::differential ||
                     array.mapping.scheme == array::Scheme::differential_two_sided;
  const bool apart =
      pairs && array.mapping.subtract == array::Subtract::digital && !array.mapping.interleaved;
  design.cells = {.conversions = array.mapping.slices * (apart ? 2 : 1),
                  .signs = pairs && !apart ? 2 : 1,
                  .interleaved = array.mapping.interleaved,
                  .unit_column = array.mapping.scheme == array::Scheme::offset_unit_column};
  if (design.tile.digital) design.cells = {};
  if (hardware.word("cell", "tile", {"tile", "device"}) == "device" && !design.tile.digital)
    use_device(design.tile.analog, array.cell);
  if (design.tile.name.empty() || design.technology.name.empty()) return design;
  const int slices = design.tile.digital ? 1 : array.mapping.slices;
  check_limits(design, slices, [&](const char* section, const char* key, const std::string& reason) {
    if (asked_for) {
      study.root().table(section).complain(key, reason);
    } else {
      design.unbuildable = fmt::format("{}.{}: {}", section, key, reason);
    }
  });
  return design;
}

Design load_design(const std::string& tile, std::size_t rows, std::size_t cols, Precision precision,
                   const std::string& technology) {
  Design design;
  core::Config tile_card = load_card("tiles", tile);
  design.tile = read_tile(tile_card);
  tile_card.finish();
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
