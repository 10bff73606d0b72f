#include "mho/network/inference_settings.h"

#include <algorithm>
#include <filesystem>

#include "mho/core/error.h"
#include "mho/core/library.h"

namespace mho::network {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::string find_model(const core::Config& study) {
  const auto table = study.root().table("network");
  const std::string model = table.text("model", "");
  try {
    return study.library()->locate(model, table.file_of("model"));
  } catch (const core::InvalidInput& error) {
    table.complain("model", error.what());
  }
  return "";
}

NetworkSettings read_network_settings(core::Config& study, bool loaded) {
  const auto table = study.root().table("network");
  NetworkSettings s;
  s.analog_depthwise = table.word("depthwise", "analog", {"analog", "digital"}) == "analog";
  const std::string model = table.text("model", "");
  if (loaded) return s;
  if (model.empty()) {
    table.complain("model", "is missing: the ONNX file of the network");
    return s;
  }
  s.model = find_model(study);
  return s;
}

CalibrationSettings read_calibration_settings(core::Config& study) {
  const auto table = study.root().table("calibration");
  CalibrationSettings s;
  s.images = table.text("images", "");
  s.count = static_cast<std::size_t>(table.integer("count", 100, 1, 100'000'000));
  s.percentile = table.number("percentile", 99.98, {.min = 50, .max = 100, .above_min = true});
  s.file = table.text("file", "");
  if (!s.file.empty()) {  // where it lies, or where it is to lie
    const auto places = core::places_of(s.file, table.file_of("file"), study.library()->path());
    const auto there =
        std::find_if(places.begin(), places.end(), [](const auto& p) { return fs::exists(p); });
    s.file = there == places.end() ? places.front() : *there;
  }
  return s;
}

}  // namespace mho::network
