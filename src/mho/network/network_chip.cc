#include "mho/network/network_chip.h"

#include <fmt/format.h>

#include <set>

#include "mho/array/chip/chip.h"
#include "mho/array/mapping/chip_cells.h"
#include "mho/core/error.h"

namespace mho::network {

void check_chip(const core::Config& study, const std::vector<AnalogLayer>& layers) {
  const auto device = study.root().table("device");
  std::set<std::shared_ptr<const array::Chip>> chips;
  std::set<std::string> names;
  for (const AnalogLayer& layer : layers) {
    const auto& chip = layer.settings.chip;
    for (std::size_t p = 0; p < layer.packs.size(); ++p) {
      const Pack& pack = layer.packs[p];
      const std::string name = layer.pack_name(p);
      names.insert(name);
      if (chip == nullptr) continue;
      chips.insert(chip);
      try {
        const std::string why =
            array::why_unlike(*chip, name, layer.settings, layer.columns(pack), layer.rows(pack));
        if (!why.empty()) device.complain("chip", why);
      } catch (const core::InvalidInput& missing) {
        device.complain("chip", missing.what());
      }
    }
  }
  for (const auto& chip : chips) {
    for (const auto& [name, matrix] : chip->matrices) {
      if (!names.contains(name))
        device.complain("chip",
                        fmt::format("{} holds cells of \"{}\", which lies on no array of this network",
                                    chip->source, core::printable(name)));
    }
  }
}

}  // namespace mho::network
