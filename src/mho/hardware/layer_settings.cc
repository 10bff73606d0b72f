#include "mho/hardware/layer_settings.h"

#include <fmt/format.h>

#include <utility>

namespace mho::hardware {

StudyLayers read_layers(core::Config& study, const std::vector<array::LayerName>& layers, bool asked_for) {
  const Hardware hardware = read_hardware(study, asked_for);
  std::vector<array::Settings> settings;
  std::vector<Design> designs;
  bool named = false;
  const auto views = array::read_layer_views(study, layers, [&](core::Config& view) {
    settings.push_back(array::read_settings(view));
    designs.push_back(design_of(hardware, view, settings.back()));
    named = named || names_device(view);
  });
  const bool of_device = has_cells_of_device(hardware, named);
  std::vector<LayerSettings> read;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (of_device) {
      use_device(designs[i], settings[i].cell);
    } else if (!asked_for && !designs[i].tile.digital) {  // beside an accuracy
      designs[i].notes.push_back(
          fmt::format("cells are the tile's own, not the simulated ones of the device card \"{}\"",
                      settings[i].cell.name()));
    }
    read.push_back({std::move(settings[i]), std::make_shared<const Design>(std::move(designs[i]))});
  }
  StudyLayers out{.common = read.front(), .layers = {}};
  for (const std::size_t view : views) out.layers.push_back(read[view]);
  return out;
}

}  // namespace mho::hardware
