// From a study's [device] section to a Cell: finds the card, lays the section over it, reads both as one.

#include "mho/core/error.h"
#include "mho/device/card.h"
#include "mho/device/cell.h"
#include "mho/device/keys.h"

namespace mho::device {

Cell read_cell(core::Config& study) {
  const auto device = study.root().table("device");
  const std::string name = device.text(keys::card);
  core::Config base;
  try {
    base = load_card(name, device.file_of("card"), study.library());
  } catch (const core::InvalidInput& error) {
    device.complain("card", error.what());
    for (const auto& key : device.keys()) device.ignore(key);
    return Cell();
  }
  device.holds("card", contents_of(base));
  core::Config card = base.overlaid(study, "device", "", {"card", "chip"});
  const CellModels models = read_models(card);
  study.take_complaints_of(card);
  study.take_contents_of(card, "device");
  note_given(device, card);
  for (const auto& key : device.keys()) device.ignore(key);
  return Cell(std::make_shared<const CellModels>(models));
}

}  // namespace mho::device
