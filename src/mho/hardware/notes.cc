#include "mho/hardware/notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "mho/hardware/array_kinds.h"
#include "mho/hardware/mapping.h"
#include "mho/hardware/units.h"

namespace mho::hardware {
namespace {

std::string described(const AnalogTile::Cell& cell) {
  return fmt::format("{} at {}", engineering(1 / cell.on_resistance, "S"),
                     engineering(cell.read_voltage, "V"));
}

bool differ(const AnalogTile::Cell& a, const AnalogTile::Cell& b) {
  const auto apart = [](double x, double y) { return std::abs(x - y) > 1e-6 * std::max(x, y); };
  return apart(a.on_resistance, b.on_resistance) || apart(a.read_voltage, b.read_voltage);
}

/// Mean current that one column of a layer hands to its converter. [A]
double column_current(const Design& design, const AnalogTile::Cell& cell, double rows, double conductance) {
  const double input = design.activity.mean_input.value_or(design.tile.analog.read.mean_input);
  return rows * cell.read_voltage / cell.on_resistance * conductance * input;
}

struct Column {
  std::string of, tile;
  double current_a = 0, made_for_a = 0;
  double excess() const { return made_for_a > 0 ? current_a / made_for_a : 0; }
};

/// A column of `rows` cells, and what the tile's periphery is made for there.
Column column_of(const Design& design, std::string of, double rows, std::optional<double> conductance) {
  const auto& tile = design.tile.analog;
  const double mean =
      conductance.value_or(design.activity.mean_conductance.value_or(tile.cell.mean_conductance));
  Column column{
      .of = std::move(of),
      .tile = design.tile.name,
      .current_a = column_current(design, tile.cell, rows, mean),
      .made_for_a = column_current(design, design.made_for, rows, design.made_for.mean_conductance)};
  const auto& technology = design.technology;
  if (tile.read.integrator)
    column.made_for_a =
        std::max(column.made_for_a, technology.analog.integrator_power / technology.node.supply);
  return column;
}

/// Columns of the layers of a kind; without layers that of a full array.
std::vector<Column> columns_of(const ArrayKind& kind, const std::vector<LayerShape>& layers) {
  if (layers.empty())
    return {column_of(kind.design, "a full array", static_cast<double>(kind.design.rows), std::nullopt)};
  std::vector<Column> columns;
  for (const std::size_t l : kind.layers) {
    const LayerShape& layer = layers[l];
    if (!layer.analog) continue;
    double rows = 0;
    for (const Part& part : place(kind.design, layer).parts)
      rows = std::max(rows, static_cast<double>(part.used.rows));
    columns.push_back(column_of(kind.design, fmt::format("layer \"{}\"", layer.name), rows,
                                layer.activity.mean_conductance));
  }
  return columns;
}

/// Where the study's device is not what the tile card is made for.
std::vector<std::string> notes_of_device(const Design& design) {
  const auto& own = design.tile.analog.cell;
  const auto& tile = design.made_for;
  std::vector<std::string> notes{fmt::format(
      "cells are those of the device card \"{}\" ({}), not those that the tile \"{}\" is made for ({})",
      design.device, described(own), design.tile.name, described(tile))};
  if (tile.read_voltage == 0) {
    notes.push_back(
        fmt::format("the tile \"{}\" is made for cells that move charge: its periphery reads no current",
                    design.tile.name));
  }
  if (own.read_voltage > design.tile.analog.read.line_voltage) {
    notes.push_back(fmt::format("the device is read at {}, and lines of the tile \"{}\" swing to {}",
                                engineering(own.read_voltage, "V"), design.tile.name,
                                engineering(design.tile.analog.read.line_voltage, "V")));
  }
  return notes;
}

}  // namespace

std::vector<std::string> notes_of(const Design& chip, const std::vector<LayerShape>& layers) {
  std::vector<std::string> all;
  const auto add = [&](const std::vector<std::string>& notes) {
    for (const auto& note : notes) {
      if (std::find(all.begin(), all.end(), note) == all.end()) all.push_back(note);
    }
  };
  auto kinds = kinds_of(chip, layers);
  if (kinds.empty()) kinds.push_back({.design = chip, .layers = {}});
  Column worst;
  for (const auto& kind : kinds) {
    bool signs_known = !kind.layers.empty();
    for (const std::size_t l : kind.layers) {
      if (layers[l].design) add(layers[l].design->notes);
      signs_known = signs_known && layers[l].activity.inputs_signed;
    }
    add(kind.design.notes);
    if (kind.design.tile.digital) continue;
    if (kind.design.signs_from_data && !signs_known)
      add({"input.signed = \"auto\" and no data say whether inputs are negative: costed as signed"});
    if (kind.design.device.empty() || !differ(kind.design.made_for, kind.design.tile.analog.cell)) continue;
    add(notes_of_device(kind.design));
    for (auto& column : columns_of(kind, layers)) {
      if (column.excess() > worst.excess()) worst = std::move(column);
    }
  }
  if (worst.excess() > 1) {
    add({fmt::format(
        "a column of {} carries {} on average, {:.3g} times the {} that drivers, integrators and converters "
        "of "
        "the tile \"{}\" are made for: what they cost is the cost of a periphery that is too small",
        worst.of, engineering(worst.current_a, "A"), worst.excess(), engineering(worst.made_for_a, "A"),
        worst.tile)});
  }
  return all;
}

}  // namespace mho::hardware
