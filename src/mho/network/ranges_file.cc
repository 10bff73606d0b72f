// The file of calibrated ranges.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "mho/array/calibration/calibration.h"
#include "mho/array/chip/chip.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/identity.h"
#include "mho/network/data/dataset.h"
#include "mho/network/layer_ranges.h"

namespace mho::network {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "mho calibration 2";

/// What a layer's ranges follow from, beside the network and the images.
json conditions(const AnalogLayer& analog) {
  const array::Settings& s = analog.settings;
  json out = {{"rows", analog.layer->rows},
              {"columns", analog.layer->columns},
              {"groups", analog.layer->groups},
              {"matrices", analog.packs.size()},
              {"scheme", static_cast<int>(s.mapping.scheme)},
              {"weight_bits", s.mapping.weight_bits},
              {"slices", s.mapping.slices},
              {"subtract", static_cast<int>(s.mapping.subtract)},
              {"interleaved", s.mapping.interleaved},
              {"weight_range", {static_cast<int>(s.mapping.weight_range.kind), s.mapping.weight_range.value}},
              {"range_per_column", s.mapping.range_per_column},
              {"input_bits", s.input.bits},
              {"input_slice_bits", s.input.slice_bits},
              {"input_signed", static_cast<int>(s.input.signs)},
              {"adc_range_per_column", s.adc.range_per_column},
              {"per_input_slice", s.adc.per_input_slice},
              {"adc_calibrated", array::needs_calibration(s.adc)},
              {"adc_symmetric", s.adc.kind != array::AdcKind::uniform},
              {"array_rows", s.array.rows},
              {"array_cols", s.array.cols},
              {"partition", static_cast<int>(s.array.partition)},
              {"column_current_limit", s.array.column_current_limit},
              {"g_off", s.cell.g_off()},
              {"cell_bits", s.cell.cell_bits()}};
  if (s.input.range == array::Input::Range::given) out["input_range"] = s.input.given;
  if (s.input.range == array::Input::Range::automatic) out["input_range"] = "auto";
  return out;
}

std::string digest_of(const json& layers) { return core::hex(core::sha256(layers.dump())); }

json intervals(const std::vector<array::Interval>& list) {
  json result = json::array();
  for (const auto& i : list) result.push_back({i.lo, i.hi});
  return result;
}

}  // namespace

core::Identity identity_of_ranges(const Network& network, const std::vector<AnalogLayer>& layers,
                                  const Dataset& images, const CalibrationSettings& settings) {
  core::Identity out;
  const Preprocess& p = images.preprocess();
  out.add_settings({{"calibration", {{"percentile", settings.percentile}, {"count", settings.count}}},
                    {"data.preprocess",
                     {{"resize", p.resize},
                      {"crop", p.crop},
                      {"odd_margin", static_cast<int>(p.odd_margin)},
                      {"order", static_cast<int>(p.order)},
                      {"scale", p.scale},
                      {"mean", p.mean},
                      {"std", p.std}}}});
  for (const auto& layer : layers) {
    out.add_settings(conditions(layer), layer.layer->name);
    if (layer.settings.chip) out.add_contents(layer.layer->name + ".chip", layer.settings.chip->contents);
  }
  out.add_contents("network.model", network.graph().contents);
  for (const auto& layer : layers)
    out.add_contents(layer.layer->name + ".weights",
                     core::sha256(std::as_bytes(layer.layer->weights.floats())));
  out.add_contents("calibration.images", images.images_digest(settings.count));
  return out;
}

void write_ranges(const std::string& path, const Network& network, const std::vector<AnalogLayer>& layers,
                  const Dataset& images, const std::vector<array::Ranges>& ranges,
                  const CalibrationSettings& settings) {
  json list = json::array();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    list.push_back({{"name", layers[l].layer->name},
                    {"input", ranges[l].input},
                    {"input_signed", ranges[l].input_signed},
                    {"adc", intervals(ranges[l].adc)},
                    {"gain", ranges[l].gain}});
  }
  const json document = {
      {"format", kFormat},         {"model", network.graph().source},
      {"images", images.source()}, {"of", identity_of_ranges(network, layers, images, settings).as_json()},
      {"digest", digest_of(list)}, {"layers", list}};
  core::write_file(path, document.dump(1) + "\n");
}

namespace {

/// The ranges of one layer as its settings want them. Throws core::InvalidInput with what is wrong.
array::Ranges ranges_of(const json& entry, const AnalogLayer& analog) {
  const std::string& name = analog.layer->name;
  const array::Settings& s = analog.settings;
  const auto fail = [&](const std::string& what) {
    throw core::InvalidInput(fmt::format("layer '{}' {}", name, what));
  };
  array::Ranges r;
  r.input = entry.at("input").get<double>();
  r.input_signed = entry.at("input_signed").get<bool>();
  if (!(r.input > 0)) fail(fmt::format("has the input range {}", r.input));
  for (const auto& interval : entry.at("adc")) {
    r.adc.push_back({interval.at(0).get<double>(), interval.at(1).get<double>()});
    if (!(r.adc.back().lo < r.adc.back().hi)) fail("has an empty converter range");
  }
  r.gain = entry.at("gain").get<std::vector<float>>();
  const bool needs = array::needs_calibration(s.adc) && !analog.packs.empty();
  if (needs && r.adc.size() != static_cast<std::size_t>(std::max(1, s.mapping.slices)))
    fail(fmt::format("has {} converter ranges for {} weight slices", r.adc.size(), s.mapping.slices));
  const std::size_t outputs = analog.layer->groups * analog.layer->columns;
  const std::size_t gains = needs && s.adc.range_per_column ? outputs : 0;
  if (!needs) r.gain.clear();
  if (r.gain.size() != gains)
    fail(fmt::format("has {} gains for {} outputs that have one", r.gain.size(), gains));
  if (!std::all_of(r.gain.begin(), r.gain.end(), [](float g) { return g > 0 && std::isfinite(g); }))
    fail("has a gain that is no number above 0");
  if (!needs) r.adc.clear();
  return r;
}

}  // namespace

std::vector<array::Ranges> read_ranges(const std::string& path, const Network& network,
                                       const std::vector<AnalogLayer>& layers, const Dataset& images,
                                       const CalibrationSettings& settings) {
  std::string what;
  try {
    const auto bytes = core::read_file(path, std::uint64_t{1} << 28);
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    const json document = json::parse(text, text + bytes.size());
    const auto format = document.is_object() ? document.value("format", "") : "";
    if (format == "mho calibration 1")
      throw core::InvalidInput("is a calibration of mho 0.1, which doesn't say what images it is of");
    if (format != kFormat) throw core::InvalidInput("is no calibration file");
    const auto differs = identity_of_ranges(network, layers, images, settings)
                             .differences_from(core::Identity::from_json(document.at("of")));
    if (!differs.empty()) throw core::InvalidInput("is of something else: " + differs);
    const json& list = document.at("layers");
    if (digest_of(list) != document.at("digest") || list.size() != layers.size())
      throw core::InvalidInput("its ranges were changed after they were written");
    std::vector<array::Ranges> ranges;
    for (std::size_t l = 0; l < layers.size(); ++l) ranges.push_back(ranges_of(list[l], layers[l]));
    return ranges;
  } catch (const json::exception& error) {
    what = fmt::format("is no calibration file, or a damaged one ({})", error.what());
  } catch (const core::InvalidInput& error) {
    what = error.what();
  }
  throw core::InvalidInput(fmt::format("{}: {}; remove the file to calibrate anew", path, what));
}

}  // namespace mho::network
