// From the [update] block of a device card to an UpdateModel. docs/device-cards.md describes the keys.

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/core/library.h"
#include "mho/device/card.h"
#include "mho/device/cell.h"
#include "mho/device/compact_table.h"
#include "mho/device/keys.h"
#include "mho/device/update.h"

namespace mho::device {
namespace {

using nlohmann::json;

/// A list of lists of numbers, `rows` × `cols`; complains and leaves the matrix empty where it is not.
core::Matrix<double> read_rows(const core::ConfigTable& table, const char* key, std::size_t rows,
                               std::size_t cols) {
  core::Matrix<double> out(rows, cols);
  const json given = table.any(key, nullptr);
  bool good = given.is_array() && given.size() == rows;
  for (std::size_t r = 0; good && r < rows; ++r) {
    good = given[r].is_array() && given[r].size() == cols;
    for (std::size_t c = 0; good && c < cols; ++c) {
      good = given[r][c].is_number();
      if (good) out(r, c) = given[r][c].get<double>();
    }
  }
  if (!good)
    table.complain(
        key, fmt::format("must be {} lists (one a CDF point) of {} numbers (one a conductance)", rows, cols));
  return out;
}

bool ascends(const std::vector<double>& values) {
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (!(values[i] > values[i - 1])) return false;
  }
  return values.size() >= 2;
}

std::shared_ptr<const UpdateTable> read_inline_table(const core::ConfigTable& block) {
  auto table = std::make_shared<UpdateTable>();
  table->conductance = block.numbers("conductance", {});
  table->cdf = block.numbers("cdf", {}, core::between(0, 1));
  if (!ascends(table->conductance))
    block.complain("conductance", "must be at least two conductances that ascend");
  if (!ascends(table->cdf)) block.complain("cdf", "must be at least two probabilities that ascend");
  if (!ascends(table->conductance) || !ascends(table->cdf)) return nullptr;
  const std::size_t columns = table->conductance.size();
  for (const auto& [name, response] :
       {std::pair{"increasing", &table->increasing}, std::pair{"decreasing", &table->decreasing}}) {
    response->step = read_rows(block, name, table->cdf.size(), columns);
    compute_moments(table->cdf, *response);
    // A compact table carries the means and spreads of the complete one that it was made from.
    for (const auto& [suffix, moments] :
         {std::pair{"_mean", &response->mean}, std::pair{"_sd", &response->sd}}) {
      const std::string key = std::string(name) + suffix;
      const auto values = block.numbers(key, {});
      if (values.size() == columns) {
        *moments = values;
      } else if (!values.empty()) {
        block.complain(key, fmt::format("must have a value for each of the {} conductances", columns));
      }
    }
  }
  return table;
}

void read_tables(const core::ConfigTable& block, const std::shared_ptr<core::Library>& library,
                 UpdateModel& model) {
  if (block.has("tables")) model.tables = read_members(block, library);
  const bool of_cards = !block.has("tables") && block.has("members");
  core::Sha256 cards;
  for (const auto& member : of_cards ? block.texts("members", {}) : std::vector<std::string>{}) {
    try {
      core::Config card = load_card(member, block.file_of("members"), library);
      const UpdateModel other = read_update_block(card);
      card.finish();
      cards.add(contents_of(card));
      for (const auto& [key, contents] : card.contents()) cards.add(contents);
      if (other.kind != UpdateKind::table || other.tables.size() != 1)
        throw core::InvalidInput(fmt::format("card \"{}\" has no lookup table", member));
      model.tables.push_back(other.tables.front());
    } catch (const core::InvalidInput& error) {
      block.complain("members", error.what());
    }
  }
  if (of_cards) block.holds("members", cards.digest());
  const auto files = block.texts("files", {});
  if (!files.empty()) {
    if (files.size() != 2) {
      block.complain("files", "must be two files: that of increasing and that of decreasing pulses");
    } else {
      try {
        const std::string asking = block.file_of("files");
        const std::string up = library->locate(files[0], asking), down = library->locate(files[1], asking);
        model.tables.push_back(std::make_shared<const UpdateTable>(read_update_table(up, down, *library)));
        block.holds("files", core::Sha256().add(library->digest(up)).add(library->digest(down)).digest());
      } catch (const core::InvalidInput& error) {
        block.complain("files", error.what());
      }
    }
  }
  if (block.has("table")) {
    if (auto table = read_inline_table(block.table("table"))) model.tables.push_back(std::move(table));
  }
  if (model.tables.empty())
    block.complain(
        "model",
        "a table model needs tables = a file of compact ones, [update.table], files = [increasing, "
        "decreasing] or members = [cards]");
  if (model.tables.size() > 255) block.complain("members", "must be at most 255 devices");
  for (const auto& table : model.tables) {
    const MeanSteps steps = mean_steps(*table, model.used_lo, model.used_hi);
    if (!(steps.up > 0) || !(steps.down < 0)) {
      block.complain(
          "model",
          fmt::format(
              "the mean step over the used range must be positive up and negative down, got {:g} and {:g}",
              steps.up, steps.down));
    }
  }
  if (!model.tables.empty()) {
    model.siemens_at_lo = model.siemens_at_hi = 0;
    for (const auto& table : model.tables) {
      model.siemens_at_lo += table->g_min() / static_cast<double>(model.tables.size());
      model.siemens_at_hi += table->g_max() / static_cast<double>(model.tables.size());
    }
  }
}

void read_steps(const core::ConfigTable& block, UpdateModel& model) {
  const auto inf = std::numeric_limits<double>::infinity();
  StepParameters& p = model.step;
  p.step = block.number("step", p.step, core::above(0));
  p.step_d2d = block.number("step_d2d", 0, core::at_least(0));
  p.step_d2d_lognormal = block.flag("step_d2d_lognormal", false);
  p.up_down = block.number("up_down", 0, core::between(-0.99, 0.99));
  p.up_down_d2d = block.number("up_down_d2d", 0, core::at_least(0));
  p.step_c2c = block.number("step_c2c", 0, core::at_least(0));
  p.bound_max = model.hi;
  p.bound_min = model.lo;
  p.bound_max_d2d = block.number("bound_max_d2d", 0, core::at_least(0));
  p.bound_min_d2d = block.number("bound_min_d2d", 0, core::at_least(0));
  p.gamma_up = block.number("gamma_up", 0, core::between(-inf, inf));
  p.gamma_down = block.number("gamma_down", p.gamma_up);
  p.gamma_d2d = block.number("gamma_d2d", 0, core::at_least(0));
  p.a_up = block.number("a_up", 0);
  p.a_down = block.number("a_down", 0);
  p.a = block.number("a", 0);
  p.b = block.number("b", 0);
  p.write_noise = block.number("visible_noise", 0, core::at_least(0));
  const bool needs_bounds = model.kind == UpdateKind::linear || model.kind == UpdateKind::soft_bounds;
  if (needs_bounds && !(model.lo < 0 && model.hi > 0)) {
    block.complain("range",
                   "a linear or soft-bounds model has its zero inside its range: [negative, positive]");
  }
}

}  // namespace

UpdateModel read_update_block(core::Config& card) {
  UpdateModel model;
  const CellModels cell = read_models(card);
  const auto root = card.root();
  const auto block = root.table(keys::update);
  if (!root.has("update")) return model;
  block.ignore("source");
  block.ignore("kind");
  model.kind = block.choice("model", UpdateKind::ideal,
                            {{"ideal", UpdateKind::ideal},
                             {"table", UpdateKind::table},
                             {"asymmetric", UpdateKind::asymmetric},
                             {"symmetric", UpdateKind::symmetric},
                             {"constant", UpdateKind::constant},
                             {"linear", UpdateKind::linear},
                             {"soft-bounds", UpdateKind::soft_bounds},
                             {"exponential", UpdateKind::exponential},
                             {"power", UpdateKind::power}});
  const bool table = model.kind == UpdateKind::table;
  const bool steps = model.kind >= UpdateKind::constant;
  if (!table) {
    const auto range = block.numbers("range", steps ? std::vector<double>{-1, 1} : std::vector<double>{0, 1});
    if (range.size() != 2 || !(range[0] < range[1])) {
      block.complain("range", "must be two numbers, the lower one first");
    } else {
      model.lo = range[0];
      model.hi = range[1];
    }
  }
  const auto used = block.numbers(
      "used_range", table ? std::vector<double>{0.1, 0.9} : std::vector<double>{0, 1}, core::between(0, 1));
  if (used.size() != 2 || !(used[0] < used[1])) {
    block.complain("used_range", "must be two fractions of the range, the lower one first");
  } else {
    model.used_lo = model.lo + used[0] * (model.hi - model.lo);
    model.used_hi = model.lo + used[1] * (model.hi - model.lo);
  }
  model.siemens_at_lo = cell.g_on_s / cell.on_off_ratio;
  model.siemens_at_hi = cell.g_on_s;
  model.noise = block.flag("noise", true);
  model.nonlinearity = block.flag("nonlinearity", true);
  model.endurance_cycles = block.number("endurance_cycles", 0, core::at_least(0));
  if (table) {
    model.rule = block.choice("rule", TableRule::unbiased,
                              {{"unbiased", TableRule::unbiased}, {"crosssim-2.0", TableRule::crosssim_2_0}});
    read_tables(block, card.library(), model);
  } else if (steps) {
    read_steps(block, model);
  } else {
    if (model.kind != UpdateKind::ideal) model.alpha = block.number("alpha", 0, core::between(0, 50));
    model.write_noise = block.number("write_noise", 0, core::at_least(0));
    model.write_noise_kind = block.choice("write_noise_kind", WriteNoise::independent,
                                          {{"independent", WriteNoise::independent},
                                           {"proportional", WriteNoise::proportional},
                                           {"inverse", WriteNoise::inverse}});
    if (model.write_noise_kind == WriteNoise::inverse && model.lo <= 0) {
      block.complain("write_noise_kind",
                     "inverse write noise divides by the state: the range must be above 0");
    }
  }
  return model;
}

UpdateModel read_update_model(core::Config& study) {
  const auto device = study.root().table("device");
  core::Config base;
  try {
    base = load_card(device.text(keys::card), device.file_of("card"), study.library());
  } catch (const core::InvalidInput& error) {
    device.complain("card", error.what());
    for (const auto& key : device.keys()) device.ignore(key);
    return {};
  }
  device.holds("card", contents_of(base));
  core::Config card = base.overlaid(study, "device", "", {"card", "chip"});
  UpdateModel model = read_update_block(card);
  if (!card.root().has("update")) {
    device.complain(
        "card",
        fmt::format(
            "{} has no [update] block: it says nothing about how its cells change, so it can't be trained on",
            card.name()));
  }
  study.take_complaints_of(card);
  study.take_contents_of(card, "device");
  note_given(device, card);
  for (const auto& key : device.keys()) device.ignore(key);
  return model;
}

}  // namespace mho::device
