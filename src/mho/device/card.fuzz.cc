// Any text is a device card or is refused; a card that was read programs and updates cells.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "mho/core/error.h"
#include "mho/device/card.h"
#include "mho/device/cell.h"
#include "mho/device/update.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mho;
  try {
    auto card = core::Config::from_text({reinterpret_cast<const char*>(data), size}, "card.toml");
    const auto models = device::read_models(card);
    const auto update = device::read_update_block(card);
    device::read_provenance(card);
    card.finish();
    std::vector<float> g{0.2f, 0.9f}, sigma(2);
    const device::Cell cell(std::make_shared<const device::CellModels>(models));
    cell.program(g, {}, 0);
    cell.read_noise(g, sigma);
    std::vector<float> state(2, static_cast<float>(0.5 * (update.lo + update.hi)));
    auto cells = device::populate(update, state.size(), {});
    device::Updater(update).update(state, cells, 0, 1.0f, std::vector<float>{0.01f, -0.01f}, {}, 0);
  } catch (const core::InvalidInput&) {  // the only way to refuse
  }
  return 0;
}
