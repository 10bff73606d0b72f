// The file of calibrated ranges.

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "mho/array/calibration/calibration.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/network/layer_ranges.h"

namespace mho::network {
namespace {

using nlohmann::json;

/// Changes with any weight (FNV-1a over their bits).
std::string fingerprint(std::span<const float> weights) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const float w : weights) hash = (hash ^ std::bit_cast<std::uint32_t>(w)) * 0x100000001b3ULL;
  return fmt::format("{:016x}", hash);
}

/// What a layer's ranges follow from.
json conditions(const AnalogLayer& analog, const CalibrationSettings& settings) {
  const array::Settings& s = analog.settings;
  return {{"rows", analog.layer->rows},
          {"columns", analog.layer->columns},
          {"groups", analog.layer->groups},
          {"matrices", analog.packs.size()},
          {"weights", fingerprint(analog.layer->weights.floats())},
          {"percentile", settings.percentile},
          {"scheme", static_cast<int>(s.mapping.scheme)},
          {"weight_bits", s.mapping.weight_bits},
          {"slices", s.mapping.slices},
          {"subtract", static_cast<int>(s.mapping.subtract)},
          {"weight_range", {static_cast<int>(s.mapping.weight_range.kind), s.mapping.weight_range.value}},
          {"range_per_column", s.mapping.range_per_column},
          {"input_bits", s.input.bits},
          {"input_slice_bits", s.input.slice_bits},
          {"adc_range_per_column", s.adc.range_per_column},
          {"per_input_slice", s.adc.per_input_slice},
          {"array", {s.array.rows, s.array.cols, static_cast<int>(s.array.partition)}},
          {"cell", {s.cell.g_off(), s.cell.cell_bits()}}};
}

json intervals(const std::vector<array::Interval>& list) {
  json result = json::array();
  for (const auto& i : list) result.push_back({i.lo, i.hi});
  return result;
}

}  // namespace

void write_ranges(const std::string& path, const Network& network, const std::vector<AnalogLayer>& layers,
                  const std::vector<array::Ranges>& ranges, const CalibrationSettings& settings) {
  json document = {
      {"format", "mho calibration 1"}, {"model", network.graph().source}, {"images", settings.count}};
  for (std::size_t l = 0; l < layers.size(); ++l) {
    document["layers"].push_back({{"name", layers[l].layer->name},
                                  {"conditions", conditions(layers[l], settings)},
                                  {"input", ranges[l].input},
                                  {"input_signed", ranges[l].input_signed},
                                  {"adc", intervals(ranges[l].adc)},
                                  {"gain", ranges[l].gain}});
  }
  core::write_file(path, document.dump(1) + "\n");
}

std::vector<array::Ranges> read_ranges(const std::string& path, const Network& network,
                                       const std::vector<AnalogLayer>& layers,
                                       const CalibrationSettings& settings) {
  const auto fail = [&](const std::string& what) -> void {
    throw core::InvalidInput(fmt::format("{}: {}; remove the file to calibrate anew", path, what));
  };
  const auto bytes = core::read_file(path, std::uint64_t{1} << 28);
  std::vector<array::Ranges> ranges;
  try {
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    const json document = json::parse(text, text + bytes.size());
    if (!document.is_object() || document.value("format", "") != "mho calibration 1")
      fail("is no calibration file");
    const json& list = document.at("layers");
    if (list.size() != layers.size()) {
      fail(fmt::format("holds {} layers, but {} has {}", list.size(), network.graph().source, layers.size()));
    }
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const json& entry = list[l];
      const std::string& name = layers[l].layer->name;
      if (entry.at("name") != name)
        fail(fmt::format("layer {} is '{}' there, but '{}' in the network", l,
                         entry.at("name").get<std::string>(), name));
      const json now = conditions(layers[l], settings);
      for (const auto& [key, value] : now.items()) {
        const json& then = entry.at("conditions").at(key);
        if (then != value)
          fail(fmt::format("layer '{}' was calibrated with {} = {}, but now it is {}", name, key, then.dump(),
                           value.dump()));
      }
      array::Ranges r;
      r.input = entry.at("input").get<double>();
      r.input_signed = entry.at("input_signed").get<bool>();
      if (!(r.input > 0)) fail(fmt::format("layer '{}' has the input range {}", name, r.input));
      const array::Settings& s = layers[l].settings;
      if (!s.input.calibrated) r.input = s.input.range;
      if (s.input.signs != array::Input::Signed::automatic)
        r.input_signed = s.input.signs == array::Input::Signed::yes;
      for (const auto& interval : entry.at("adc")) {
        r.adc.push_back({interval.at(0).get<double>(), interval.at(1).get<double>()});
        if (!(r.adc.back().lo < r.adc.back().hi))
          fail(fmt::format("layer '{}' has an empty converter range", name));
      }
      r.gain = entry.at("gain").get<std::vector<float>>();
      const bool needs = array::needs_calibration(s.adc) && !layers[l].packs.empty();
      if (needs && r.adc.size() != static_cast<std::size_t>(std::max(1, s.mapping.slices))) {
        fail(fmt::format("layer '{}' has {} converter ranges for {} weight slices", name, r.adc.size(),
                         s.mapping.slices));
      }
      const std::size_t outputs = layers[l].layer->groups * layers[l].layer->columns;
      const std::size_t gains = needs && s.adc.range_per_column ? outputs : 0;
      if (!needs) r.gain.clear();
      if (r.gain.size() != gains)
        fail(fmt::format("layer '{}' has {} gains for {} outputs that have one", name, r.gain.size(), gains));
      if (!std::all_of(r.gain.begin(), r.gain.end(), [](float g) { return g > 0 && std::isfinite(g); }))
        fail(fmt::format("layer '{}' has a gain that is no number above 0", name));
      if (!needs) r.adc.clear();
      ranges.push_back(std::move(r));
    }
  } catch (const json::exception& error) {
    fail(fmt::format("is no calibration file, or a damaged one ({})", error.what()));
  }
  return ranges;
}

}  // namespace mho::network
