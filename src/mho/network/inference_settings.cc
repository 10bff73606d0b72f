#include "mho/network/inference_settings.h"

#include <algorithm>
#include <filesystem>

#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/library.h"
#include "mho/network/keys.h"

namespace mho::network {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::string find_model(const core::Config& study) {
  const auto table = study.root().table("network");
  const std::string model = table.text(keys::model);
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
  s.analog_depthwise = table.choice(keys::depthwise) == keys::Depthwise::analog;
  const std::string model = table.text(keys::model);
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
  s.images = table.text(keys::calibration_images);
  s.count = static_cast<std::size_t>(table.integer(keys::calibration_count));
  s.percentile = table.number(keys::percentile);
  s.file = table.text(keys::calibration_file);
  if (!s.file.empty()) {  // where it lies, or where it is to lie
    const auto places = core::places_of(s.file, table.file_of("file"), study.library()->path());
    const auto there =
        std::find_if(places.begin(), places.end(), [](const auto& p) { return fs::exists(p); });
    s.file = there == places.end() ? places.front() : *there;
    if (const auto why = core::why_not_writable(s.file); !why.empty()) table.complain("file", why);
  }
  return s;
}

}  // namespace mho::network
