#include "mho/study/train_cost.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "mho/hardware/report.h"

namespace mho::study {

using json = nlohmann::ordered_json;

namespace {

/// Share of the cells that an update asked to change. [0, 1]
double updated_share(const json& stage) {
  const double updates = stage["updates"].get<double>();
  return updates > 0 ? stage["updates_per_cell_mean"].get<double>() / updates : 0;
}

hardware::LayerShape shape_of(const json& stage, double g_on_s, bool first) {
  hardware::LayerShape shape;
  shape.name = stage["name"].get<std::string>();
  shape.kind = stage["convolution"].get<bool>() ? "conv" : "dense";
  shape.in = stage["rows"].get<std::size_t>();
  shape.out = stage["columns"].get<std::size_t>();
  shape.positions = stage["vectors"].get<std::size_t>();
  shape.fresh_inputs = stage["fresh_inputs"].get<double>();
  shape.first = first;
  if (stage["updates"].get<double>() > 0) {
    shape.activity.mean_input = stage["mean_input"].get<double>();
    shape.activity.updated_lines = std::sqrt(updated_share(stage));
  }
  if (stage.contains("mean_conductance_s"))
    shape.activity.mean_conductance = stage["mean_conductance_s"].get<double>() / g_on_s;
  return shape;
}

}  // namespace

json training_cost_json(const hardware::Design& given, double g_on_s, const json& stages, std::size_t epochs,
                        std::size_t images) {
  hardware::Design design = given;
  if (design.chip.images_per_epoch == 0) design.chip.images_per_epoch = static_cast<double>(images);
  std::vector<hardware::LayerShape> shapes;
  json layers = json::array();
  for (const auto& stage : stages) {
    const auto& shape = shapes.emplace_back(shape_of(stage, g_on_s, shapes.empty()));
    const double samples = stage["updates"].get<double>() / stage["vectors"].get<double>();
    const double pulses = stage["pulses_per_cell"].get<double>();
    layers.push_back({{"name", stage["name"]},
                      {"updates_per_image", stage["vectors"]},
                      {"updated_share", updated_share(stage)},
                      {"pulses_per_cell", samples > 0 ? pulses / samples : 0},
                      {"mean_input", shape.activity.mean_input.value_or(0)},
                      {"mean_conductance", shape.activity.mean_conductance.value_or(0)}});
  }
  json out = json(hardware::cost_json(design, shapes));
  if (const auto epoch = out["chip"].find("training"); epoch != out["chip"].end()) {
    const double all = static_cast<double>(epochs);
    out["training"] = {{"epochs", epochs},
                       {"images", images},
                       {"energy_j", all * (*epoch)["energy_per_epoch_j"].get<double>()},
                       {"time_s", all * (*epoch)["time_per_epoch_s"].get<double>()},
                       {"layers", layers}};
  }
  return out;
}

}  // namespace mho::study
