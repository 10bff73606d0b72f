#include "mho/array/mapping/read_chip.h"

#include <string>

#include "mho/core/error.h"
#include "mho/core/library.h"
#include "mho/device/cell_models.h"
#include "mho/device/keys.h"

namespace mho::array {
namespace {

/// What only programming asks of a cell acts on none.
void refuse_programming(const core::ConfigTable& device, const device::Cell& cell) {
  const device::CellModels& models = cell.models();
  const auto refuse = [&](const char* key) {
    device.complain(key, "acts where cells are programmed, and those of device.chip are there: leave it out");
  };
  if (device.has("faults") && models.stuck_on + models.stuck_off > 0) refuse("faults");
  if (!models.programming_error) refuse("programming_error");
  if (cell.ages()) return;  // for which the rest acts
  for (const char* key : {"clip", "programming"}) {
    if (device.has(key)) refuse(key);
  }
}

}  // namespace

std::shared_ptr<const Chip> read_chip_key(const core::Config& study, const device::Cell& cell) {
  const auto device = study.root().table("device");
  const std::string name = device.text(device::keys::chip);
  if (name.empty()) return nullptr;
  refuse_programming(device, cell);
  for (const char* key : {"faults", "programming_error"}) device.leave_out(key);  // the card's act neither
  try {
    const std::string path = study.library()->locate(name, device.file_of("chip"));
    auto chip =
        study.library()->once<Chip>(path, [&] { return std::make_shared<const Chip>(read_chip(path)); });
    device.holds("chip", chip->contents);
    return chip;
  } catch (const core::InvalidInput& error) {
    device.complain("chip", error.what());
  }
  return nullptr;
}

Mapping mapping_of(const Chip& chip, Mapping mapping) {
  const auto& first = chip.matrices.begin()->second;
  if (!first.meaning) return mapping;
  for (const auto& [name, matrix] : chip.matrices) {
    const bool alike = matrix.meaning && matrix.meaning->scheme == first.meaning->scheme &&
                       matrix.meaning->weight_bits == first.meaning->weight_bits &&
                       matrix.meaning->column_scales.empty() == first.meaning->column_scales.empty() &&
                       matrix.first().slices == first.first().slices;
    if (!alike) return mapping;
  }
  if (const auto scheme = scheme_of(first.meaning->scheme)) mapping.scheme = *scheme;
  mapping.weight_bits = first.meaning->weight_bits;
  mapping.range_per_column = !first.meaning->column_scales.empty();
  mapping.slices = static_cast<int>(first.first().slices);
  return mapping;
}

}  // namespace mho::array
