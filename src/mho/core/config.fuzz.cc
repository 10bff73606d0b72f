// Any text is a configuration or is refused, whatever is then asked of it.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "mho/core/config.h"
#include "mho/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mho::core::Config;
  try {
    const Config study = Config::from_text({reinterpret_cast<const char*>(data), size}, "study.toml");
    const auto adc = study.root().table("adc");
    adc.integer("bits", 8, 1, 16);
    adc.word("kind", "uniform", {"ideal", "uniform"});
    adc.any("range", "calibrated");
    study.root().table("data").text("images", "");
    study.root().table("data").table("preprocess").numbers("mean", {0});
    for (const auto& layer : study.root().tables("layer")) layer.text("match", "");
    (void)study.resolved().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    study.with("adc.bits", "[1, 2]")
        .overlaid(study, "layer[0]", "adc")
        .root()
        .table("adc")
        .numbers("bits", {});
    study.finish();
  } catch (const mho::core::InvalidInput&) {  // the only way to refuse
  }
  return 0;
}
