#include "mho/hardware/array_kinds.h"

#include <fmt/format.h>

#include <algorithm>

#include "mho/core/error.h"

namespace mho::hardware {
namespace {

/// Alike in all that a layer's settings can change but for its precision.
bool alike(const Design& a, const Design& b) {
  const auto& mine = a.tile.analog.cell;
  const auto& other = b.tile.analog.cell;
  return a.rows == b.rows && a.cols == b.cols && a.fit_rows == b.fit_rows && a.fit_cols == b.fit_cols &&
         a.even_parts == b.even_parts && a.cells == b.cells && a.converter.name == b.converter.name &&
         a.device == b.device && mine.on_resistance.value == other.on_resistance.value &&
         mine.read_voltage.value == other.read_voltage.value;
}

Precision precision_of(const LayerShape& layer, const Design& design) {
  Precision precision = design.precision;
  precision.input_signed = layer.activity.inputs_signed.value_or(precision.input_signed);
  return precision;
}

/// As large as the largest layer where the size is left open.
void size_for_layers(ArrayKind& kind, const std::vector<LayerShape>& layers) {
  std::size_t rows = 0, cols = 0;
  for (const std::size_t l : kind.layers) {
    if (!layers[l].analog) continue;
    rows = std::max(rows, layers[l].in);
    cols = std::max(cols, layers[l].out / layers[l].groups);
  }
  if (kind.design.fit_rows && rows > 0) kind.design.rows = rows;
  if (kind.design.fit_cols && cols > 0) kind.design.cols = cols;
}

}  // namespace

std::vector<ArrayKind> kinds_of(const Design& chip, const std::vector<LayerShape>& layers) {
  std::vector<ArrayKind> kinds;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const LayerShape& layer = layers[l];
    if (layer.in == 0 || layer.out == 0 || layer.groups == 0 || layer.out % layer.groups != 0)
      throw core::InvalidInput(fmt::format("layer \"{}\": {} inputs, {} outputs in {} groups make no matrix",
                                           layer.name, layer.in, layer.out, layer.groups));
    const Design& design = layer.design ? *layer.design : chip;
    const Precision precision = precision_of(layer, design);
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const ArrayKind& k) {
      return k.design.precision == precision && alike(k.design, design);
    });
    if (kind == kinds.end()) {
      kind = kinds.insert(kind, {.design = design, .layers = {}});
      kind->design.precision = precision;
    }
    if (layer.analog) kind->macs += layer.macs();
    kind->layers.push_back(l);
  }
  for (auto& kind : kinds) size_for_layers(kind, layers);
  return kinds;
}

std::vector<std::size_t> kinds_by_layer(const std::vector<ArrayKind>& kinds, std::size_t layers) {
  std::vector<std::size_t> number(layers, 0);
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    for (const std::size_t l : kinds[k].layers) number[l] = k;
  }
  return number;
}

const ArrayKind& main_kind(const std::vector<ArrayKind>& kinds) {
  return *std::max_element(kinds.begin(), kinds.end(),
                           [](const ArrayKind& a, const ArrayKind& b) { return a.macs < b.macs; });
}

}  // namespace mho::hardware
