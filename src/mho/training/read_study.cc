#include "mho/training/read_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "mho/array/calibration/calibration.h"
#include "mho/array/chip/chip.h"
#include "mho/array/mapping/settings.h"
#include "mho/core/error.h"
#include "mho/device/cell_models.h"
#include "mho/training/keys.h"

namespace mho::training {
namespace {

using nlohmann::json;

/// "36", "dense 36", "conv 3x3x8", "pool 2".
std::optional<StageSpec> parse_stage(const json& value) {
  StageSpec stage;
  if (value.is_number_integer()) {
    if (value.get<std::int64_t>() < 1) return std::nullopt;
    stage.size = value.get<std::size_t>();
    return stage;
  }
  if (!value.is_string()) return std::nullopt;
  const auto text = value.get<std::string>();
  unsigned a = 0, b = 0, c = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "dense %u%c", &a, &rest) == 1 && a > 0) {
    stage.size = a;
  } else if (std::sscanf(text.c_str(), "conv %ux%ux%u%c", &a, &b, &c, &rest) == 3 && a == b && a > 0 &&
             c > 0) {
    stage = {StageSpec::Kind::convolution, a, c};
  } else if (std::sscanf(text.c_str(), "pool %u%c", &a, &rest) == 1 && a > 0) {
    stage = {StageSpec::Kind::pool, a, 0};
  } else {
    return std::nullopt;
  }
  return stage;
}

/// Number of inputs (64) or image shape ("28x28x1").
std::optional<ImageShape> parse_input(const json& value) {
  if (value.is_number_integer() && value.get<std::int64_t>() > 0)
    return ImageShape{1, 1, value.get<std::size_t>()};
  unsigned h = 0, w = 0, c = 0;
  char rest = 0;
  if (value.is_string() &&
      std::sscanf(value.get<std::string>().c_str(), "%ux%ux%u%c", &h, &w, &c, &rest) == 3 && h * w * c > 0) {
    return ImageShape{h, w, c};
  }
  return std::nullopt;
}

void read_layers(const core::ConfigTable& table, TrainingOptions& options) {
  const json layers = table.any(keys::layers);
  const std::string allowed = fmt::format("must {}", keys::layers.allowed);
  if (!layers.is_array() || layers.size() < 2) return table.complain("layers", allowed);
  const auto input = parse_input(layers[0]);
  if (!input) return table.complain("layers", allowed);
  options.input = *input;
  for (std::size_t k = 1; k < layers.size(); ++k) {
    const auto stage = parse_stage(layers[k]);
    if (!stage) return table.complain("layers", allowed);
    options.stages.push_back(*stage);
  }
  if (options.stages.back().kind != StageSpec::Kind::dense)
    table.complain("layers", "the last layer must be dense, with one output a class");
}

/// What of the array's sections cells that learn can't have, and why.
void complain_of_reading(const core::Config& study, const array::Settings& s) {
  const auto root = study.root();
  const auto refuse = [&](const char* section, const char* key, bool wrong, const char* reason) {
    if (wrong) root.table(section).complain(key, reason);
  };
  refuse("mapping", "weight_bits", s.mapping.weight_bits > 0,
         "must be 0 in training: pulses move a conductance, not the digits of a number");
  refuse("mapping", "slices", s.mapping.slices > 1,
         "must be 1 in training: an update moves one cell (or pair) a weight; [training.carry] has several");
  refuse(
      "mapping", "scheme", s.mapping.scheme == array::Scheme::offset_unit_column,
      "can't be \"offset-unit-column\" in training: the pulses of the rows would move the unit column too; "
      "\"offset\" reads against a fixed reference");
  refuse("mapping", "weight_range_per", s.mapping.range_per_column,
         "must be \"matrix\" in training: errors drive the columns, which can't have scales of their own");
  refuse(
      "mapping", "weight_range", s.mapping.weight_range.kind == array::WeightRange::Kind::quantile,
      "must be a number in training, the weight at the end of the used range of every layer: weights grow, "
      "so nobody knows their largest before; training.weight_limits has one for each layer");
  refuse("array", "precision", s.array.precision != array::Precision::f32,
         "must be \"f32\" in training: cells change from sample to sample and are read as they lie");
  refuse("input", "bits", s.input.bits == 1,
         "must be 0 or at least 2 in training: errors have signs, and one bit has no magnitude beside it");
  refuse("input", "range", s.input.range == array::Input::Range::calibrated,
         "can't be \"calibrated\" in training: weights change, and what flows with them; \"auto\" is the "
         "largest magnitude of each vector");
  refuse("adc", "range", array::needs_calibration(s.adc),
         "can't be \"calibrated\" in training: weights change, and what flows with them; \"auto\" is the "
         "largest magnitude of each read of an array");
  refuse("wires", "gated", s.wires.gated,
         "a gated array has no transpose through its gates, which training needs");
  refuse(
      "device", "cell_bits", s.cell.cell_bits() > 0,
      "must be 0 in training: pulses leave a cell anywhere between levels ([device.update] says how far one "
      "moves it)");
}

/// mapping.scheme, or training.pairs, its older name.
array::Settings read_reading(core::Config& study, const core::ConfigTable& table) {
  array::Settings defaults = array::learning_defaults();
  const auto mapping = study.root().table("mapping");
  if (!table.has("pairs")) return array::read_settings(study, defaults);
  using array::Scheme;
  const Scheme pairs = table.choice(keys::pairs);
  defaults.mapping.scheme = pairs;
  array::Settings settings = array::read_settings(study, defaults);
  if (settings.mapping.scheme != pairs)
    table.complain("pairs", "is an older name of mapping.scheme, and they disagree: leave it out");
  return settings;
}

void read_update_code(const core::ConfigTable& table, array::LearningSettings& array) {
  array.code = table.choice(keys::update);
  const auto codes = table.table("codes");
  array.row_code.bits = static_cast<int>(codes.integer(keys::row_bits));
  array.column_code.bits = static_cast<int>(codes.integer(keys::column_bits));
  array.row_code.range = codes.number(keys::row_range);
  array.column_code.range = codes.number(keys::column_range);
  array.stochastic_rounding = codes.flag(keys::stochastic_rounding);
  const auto pulses = table.table("pulses");
  array.pulse_length = static_cast<int>(pulses.integer(keys::pulse_length));
  array.update_management = pulses.flag(keys::pulse_management);
}

/// 10, 100, 1000, …: every array takes the carry of the one after it ten times as rarely.
std::vector<std::int64_t> usual_carries(int arrays) {
  std::vector<std::int64_t> every;
  std::int64_t updates = 1;
  for (int k = 1; k < arrays; ++k) every.push_back(updates *= 10);
  return every;
}

void read_stores(const core::ConfigTable& table, TrainingOptions& options) {
  if (table.has("carry")) {
    const auto carry = table.table("carry");
    Carry c;
    c.arrays = static_cast<int>(carry.integer(keys::carry_arrays));
    c.base = carry.number(keys::carry_base);
    c.every = carry.integers("every", usual_carries(c.arrays));
    c.threshold = carry.number(keys::carry_threshold);
    for (const auto every : c.every) {
      if (every < 1) carry.complain("every", "must be updates between carries, each at least 1");
    }
    if (c.every.size() + 1 != static_cast<std::size_t>(c.arrays)) {
      carry.complain("every", fmt::format("has {} numbers; {} arrays need {}: updates between carries out of "
                                          "the last array, the one before, …",
                                          c.every.size(), c.arrays, c.arrays - 1));
    }
    options.carry = c;
  }
  if (table.has("transfer")) {
    const auto transfer = table.table("transfer");
    Transfer t;
    t.chopped = transfer.flag(keys::chopped);
    t.every = transfer.integer(keys::transfer_every);
    t.fast_rate = transfer.number(keys::fast_rate);
    t.buffer_rate = transfer.number(keys::buffer_rate);
    t.threshold = transfer.number(keys::transfer_threshold);
    t.follows = transfer.choice(keys::follows);
    t.most_pulses = static_cast<int>(transfer.integer(keys::most_pulses));
    t.forget = transfer.flag(keys::forget);
    t.momentum = transfer.number(keys::momentum);
    for (const auto& [key, value] : {std::pair{&keys::chop_probability, &t.chop_probability},
                                     std::pair{&keys::chop_outputs, &t.chop_outputs}}) {
      const auto name = core::last_word(key->name);
      if (t.chopped) {
        *value = transfer.number(*key);
      } else if (transfer.has(name)) {
        transfer.complain(name, "has a meaning only with chopped = true: set that or leave this out");
      }
    }
    options.transfer = t;
    if (options.carry) table.complain("transfer", "stands instead of carry: give one of them");
  }
}

/// The weight at the end of the used range, for every layer or for each.
void read_weight_limits(core::Config& study, const core::ConfigTable& table, TrainingOptions& options) {
  const auto mapping = study.root().table("mapping");
  const json limits = table.any(keys::weight_limits);
  if (limits.is_array()) {
    options.weight_limits = table.numbers("weight_limits", {}, core::above(0));
  } else if (limits != "initial" && limits != "card") {
    table.complain("weight_limits", fmt::format("must be {}", keys::weight_limits.allowed));
  }
  const auto& range = options.cells.reading.mapping.weight_range;
  const auto& chip = options.cells.reading.chip;
  if (chip && chip->origin) {  // no measured map
    const char* why = "is what the cells of device.chip say: leave it out";
    if (limits.is_array()) table.complain("weight_limits", why);
    if (range.kind == array::WeightRange::Kind::value) mapping.complain("weight_range", why);
    return;
  }
  if (range.kind != array::WeightRange::Kind::value) return;
  if (limits.is_array())
    table.complain("weight_limits", "and mapping.weight_range say the same: give one of them");
  options.weight_limits = {range.value};
}

void read_device(core::Config& study, const core::ConfigTable& table, TrainingOptions& options) {
  options.numeric = table.flag(keys::numeric);
  options.cells.reading = read_reading(study, table);
  device::Cell& cell = options.cells.reading.cell;
  if (!cell.models().history.empty()) {  // comes after the last epoch
    options.aged = cell;
    auto young = std::make_shared<device::CellModels>(cell.models());
    young->history.clear();
    cell = device::Cell(std::move(young));
  }
  complain_of_reading(study, options.cells.reading);
  if (options.cells.reading.chip && options.numeric)
    table.complain("numeric", "= true keeps weights in no array, and device.chip names one");
  if (options.cells.reading.chip && options.carry)
    table.complain("carry",
                   "begins with one array of first weights and others at zero: leave device.chip out");
  for (const char* arrays : {"carry", "transfer"}) {
    if (options.numeric && table.has(arrays))
      table.complain(arrays, "numeric = true keeps weights in no array: give one of the two");
  }
  if (options.numeric) return;
  const device::UpdateModel model = device::read_update_model(study);
  if (model.kind != device::UpdateKind::table || !model.tables.empty())
    options.updater = std::make_shared<const device::Updater>(model);
}

}  // namespace

TrainingStudy read_training(core::Config& study) {
  TrainingStudy out;
  TrainingOptions& o = out.options;
  const auto root = study.root();
  const auto table = root.table("training");
  read_layers(table, o);
  o.hidden = table.choice(keys::hidden);
  o.loss = table.choice(keys::loss);
  o.epochs = static_cast<std::size_t>(table.integer(keys::epochs));
  o.batch = static_cast<std::size_t>(table.integer(keys::batch));
  o.learning_rate = table.number(keys::learning_rate);
  o.decay = table.number(keys::decay);
  o.decay_every = static_cast<std::size_t>(table.integer(keys::decay_every));
  o.bias = table.choice(keys::bias);
  o.order = table.choice(keys::backpropagate);
  o.shuffle = table.flag(keys::shuffle);
  o.initial_scale = table.number(keys::initial_scale);
  out.centred_inputs = table.choice(keys::inputs) == keys::Inputs::centred;
  out.checkpoint = table.text(keys::checkpoint);
  out.checkpoint_every_s = table.number(keys::checkpoint_every_s);
  array::LearningSettings& learning = o.cells.learning;
  learning.lifetime = table.number(keys::lifetime);
  learning.refresh_every = static_cast<int>(table.integer(keys::refresh_every));
  read_update_code(table, learning);
  read_stores(table, o);
  read_device(study, table, o);
  read_weight_limits(study, table, o);
  out.train = network::read_data_settings(study);
  out.test = out.train;
  out.test.images = out.train.test;
  if (out.train.images.empty()) root.table("data").complain("images", "must name the training set");
  if (!out.train.images.empty() && out.test.images.empty()) {
    root.table("data").complain(
        "test",
        fmt::format("must name the test set: there is no \"train\" in \"{}\" to replace", out.train.images));
  }
  out.test.count = 0;
  out.test.stride = 1;
  return out;
}

Samples load_samples(const network::Dataset& set) {
  if (!set.has_labels())
    throw core::InvalidInput(fmt::format("{}: has no labels to train with", set.source()));
  const auto& dims = set.shape();
  const ImageShape shape =
      dims.size() == 3 ? ImageShape{dims[1], dims[2], dims[0]} : ImageShape{1, 1, set.image_size()};
  Samples samples;
  samples.x = core::Matrix<float>(set.size(), set.image_size());
  samples.labels.assign(set.labels().begin(), set.labels().end());
  set.read(0, set.size(), samples.x.elements);
  if (shape.channels > 1 && shape.height * shape.width > 1) {  // planes to channels innermost
    std::vector<float> planes(set.image_size());
    for (std::size_t n = 0; n < set.size(); ++n) {
      const auto image = samples.x.row(n);
      std::copy(image.begin(), image.end(), planes.begin());
      const std::size_t pixels = shape.height * shape.width;
      for (std::size_t p = 0; p < pixels; ++p) {
        for (std::size_t c = 0; c < shape.channels; ++c)
          image[p * shape.channels + c] = planes[c * pixels + p];
      }
    }
  }
  return samples;
}

Centring centring_of(const Samples& samples, const std::string& source) {
  const auto& values = samples.x.elements;
  double sum = 0, square = 0;
  for (const float v : values) sum += v;
  Centring c;
  c.mean = sum / static_cast<double>(values.size());
  for (const float v : values) square += (v - c.mean) * (v - c.mean);
  c.deviation = std::sqrt(square / static_cast<double>(values.size()));
  if (c.deviation == 0)
    throw core::InvalidInput(fmt::format("{}: all values are the same: nothing to learn from", source));
  return c;
}

void centre(Samples& samples, const Centring& c) {
  for (float& v : samples.x.elements) v = static_cast<float>((v - c.mean) / (2 * c.deviation));
}

network::Preprocess with_centring(network::Preprocess p, const Centring& c) {
  // ((x·scale - mean)/std - m)/(2·d) = (x·scale - (mean + m·std))/(2·d·std), of every channel.
  const std::size_t channels = std::max(p.mean.size(), p.std.size());
  network::Preprocess out = p;
  out.mean.assign(channels, 0);
  out.std.assign(channels, 1);
  for (std::size_t k = 0; k < channels; ++k) {
    const double mean = p.mean[p.mean.size() == 1 ? 0 : k], std = p.std[p.std.size() == 1 ? 0 : k];
    out.mean[k] = mean + c.mean * std;
    out.std[k] = 2 * c.deviation * std;
  }
  return out;
}

}  // namespace mho::training
