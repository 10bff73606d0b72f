#include "mho/study/train_cost.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "mho/hardware/report.h"

namespace mho::study {

using json = nlohmann::ordered_json;

namespace {

/// Share of the cells that an update asked to change. [0, 1]
double updated_share(const array::LearningCount& count) {
  return count.updates > 0 ? count.updates_per_cell_mean / static_cast<double>(count.updates) : 0;
}

hardware::LayerShape shape_of(const training::StageReport& stage, double g_on_s, bool first) {
  hardware::LayerShape shape;
  shape.name = stage.name;
  shape.kind = stage.convolution ? "conv" : "dense";
  shape.in = stage.inputs;
  shape.out = stage.outputs;
  shape.positions = stage.vectors;
  shape.fresh_inputs = static_cast<double>(stage.fresh_inputs);
  shape.first = first;
  if (stage.count.updates > 0) {
    shape.activity.mean_input = stage.count.mean_input;
    shape.activity.updated_lines = std::sqrt(updated_share(stage.count));
  }
  if (!stage.conductances_s.empty()) {
    const double sum = std::accumulate(stage.conductances_s.begin(), stage.conductances_s.end(), 0.0);
    shape.activity.mean_conductance = sum / static_cast<double>(stage.conductances_s.size()) / g_on_s;
  }
  return shape;
}

}  // namespace

json training_cost_json(const hardware::Design& given, const array::LearningSettings& array,
                        training::Trainer& trainer, std::size_t epochs, std::size_t images) {
  hardware::Design design = given;
  if (design.chip.images_per_epoch == 0) design.chip.images_per_epoch = static_cast<double>(images);
  design.cells = {.signs = array.pairs == array::Pairs::offset ? 1 : 2};
  std::vector<hardware::LayerShape> shapes;
  json layers = json::array();
  for (const auto& stage : trainer.report()) {
    const auto& shape = shapes.emplace_back(shape_of(stage, array.g_on_s, shapes.empty()));
    const double updates = static_cast<double>(stage.count.updates);
    const double samples = updates / static_cast<double>(stage.vectors);
    layers.push_back({{"name", stage.name},
                      {"updates_per_image", stage.vectors},
                      {"updated_share", updated_share(stage.count)},
                      {"pulses_per_cell", samples > 0 ? stage.count.pulses_per_cell_mean / samples : 0},
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
