#include "mho/cli/cost_study.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "mho/array/mapping/settings.h"
#include "mho/cli/cost_network.h"
#include "mho/cli/study_file.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/hardware/activity.h"
#include "mho/hardware/pictures.h"
#include "mho/hardware/report.h"
#include "mho/hardware/units.h"
#include "mho/study/sweep.h"

namespace mho::cli {
namespace {

/// One point, read and checked.
struct Point {
  core::Config study;
  hardware::Design design;
  std::vector<hardware::LayerShape> layers;
  std::uint64_t seed = 1;
};

Point read_point(core::Config study) {
  Point point{.study = std::move(study), .design = {}, .layers = {}};
  const auto root = point.study.root();
  root.word("task", "cost", {"infer", "train", "cost", "mvm"});
  const auto network = root.table("network");
  network.text("model", "");
  const bool depthwise_digital = network.word("depthwise", "analog", {"analog", "digital"}) == "digital";
  const auto study_section = root.table("study");
  point.seed = static_cast<std::uint64_t>(study_section.integer("seed", 1, 0));
  // A study of accuracy may be asked for its cost: what only accuracy needs is passed over.
  for (const char* section : {"data", "calibration", "training", "layer", "sweep"}) root.ignore(section);
  for (const auto& key : study_section.keys()) study_section.ignore(key);
  const array::Settings settings = array::read_settings(point.study);
  point.design = hardware::read_design(point.study, settings);
  point.study.finish();
  point.layers = cost_layers(point.study, depthwise_digital, settings);
  return point;
}

/// One line of a sweep.
std::string line_of(const std::string& label, const nlohmann::json& cost) {
  const auto& vmm = cost["kernels"]["vmm"];
  std::string line = fmt::format("{:<40} VMM {:>9} a MAC {:>9}", label,
                                 hardware::engineering(vmm["energy_per_mac_j"].get<double>(), "J"),
                                 hardware::engineering(vmm["latency_s"].get<double>(), "s"));
  if (cost.contains("chip")) {
    const auto& chip = cost["chip"];
    line += fmt::format("  image {:>9} {:>9.4g} images/s {:>8.4g} TOPS/W {:>10}",
                        hardware::engineering(chip["energy_per_image_j"].get<double>(), "J"),
                        chip["images_per_s"].get<double>(), chip["tops_per_w"].get<double>(),
                        hardware::readable_area(chip["area_m2"].get<double>()));
  }
  return line;
}

void draw(const nlohmann::json& cost, const CostPictures& files) {
  if (files.energy.empty() && files.comparison.empty()) return;
  const auto pictures = hardware::cost_pictures(cost);
  const auto write = [](const std::string& file, const std::string& svg) {
    if (file.empty()) return;
    core::write_file(file, svg);
    fmt::print("{}\n", file);
  };
  write(files.energy, pictures.front().svg);
  write(files.comparison, pictures.back().svg);
}

}  // namespace

void run_cost_study(const core::Config& study, const std::string& study_file, const CostPictures& pictures,
                    const Common& common) {
  if (study.root().has("layer")) {
    fmt::print(stderr,
               "mho: {}: [[layer]] overrides are not costed: every layer costs what [device], [array], "
               "[mapping], [input] and [adc] say\n",
               study_file);
  }
  const auto points = study::sweep_points(study);
  if (points.size() == 1) {
    const Point point = read_point(points.front().study);
    fmt::print("{}", hardware::cost_text(point.design, point.layers));
    const auto cost = hardware::cost_json(point.design, point.layers);
    draw(cost, pictures);
    write_json(common, "cost", point.study, point.seed, cost);
    return;
  }
  nlohmann::json all = nlohmann::json::array();
  std::optional<Point> first;
  for (const auto& swept : points) {
    const Point point = read_point(swept.study);
    if (!first) first = point;
    auto cost = hardware::cost_json(point.design, point.layers);
    fmt::print("{}\n", line_of(study::label_of(swept.values), cost));
    cost["values"] = nlohmann::json(swept.values);
    all.push_back(std::move(cost));
  }
  write_json(common, "cost", first->study, first->seed, {{"points", all}});
}

}  // namespace mho::cli
