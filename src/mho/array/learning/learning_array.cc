#include "mho/array/learning/learning_array.h"

#include <algorithm>
#include <cmath>

#include "mho/array/calibration/calibration.h"
#include "mho/array/learning/learning_data.h"
#include "mho/core/error.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

constexpr std::size_t kRowMultiple = 64;  ///< cells of a row are padded to whole blocks of random numbers

std::size_t padded(std::size_t n) { return (n + kRowMultiple - 1) / kRowMultiple * kRowMultiple; }

}  // namespace

Settings learning_defaults() {
  Settings s;
  s.mapping.scheme = Scheme::differential_two_sided;
  s.mapping.weight_bits = 0;
  s.input.range = Input::Range::automatic;
  s.adc.range = Adc::Range::automatic;
  return s;
}

void round_to_code(std::span<float> v, const LineCode& code, std::span<const float> uniform) {
  if (code.bits == 0) return;
  const float range = code.range > 0 ? static_cast<float>(code.range) : largest_magnitude(v);
  if (range == 0) return;
  const auto levels = static_cast<float>((1 << (code.bits - 1)) - 1);
  for (std::size_t i = 0; i < v.size(); ++i) {
    const float step = std::clamp(v[i] / range, -1.0f, 1.0f) * levels;
    v[i] = (uniform.empty() ? std::nearbyint(step) : std::floor(step + uniform[i])) * range / levels;
  }
}

void LearningArray::Data::for_rows(const std::function<void(std::size_t, std::size_t)>& body) const {
  if (inputs * stride < kLearningParallelCells) {
    body(0, inputs);
  } else {
    core::parallel_for(inputs, 1, body);
  }
}

LearningArray::LearningArray(std::size_t inputs, std::size_t outputs, const Settings& reading,
                             const LearningSettings& settings, std::shared_ptr<const device::Updater> updater,
                             const LearningPlace& place)
    : data_(std::make_unique<Data>()) {
  const Mapping& mapping = reading.mapping;
  if (mapping.weight_bits > 0 || mapping.slices > 1 || mapping.range_per_column ||
      mapping.scheme == Scheme::offset_unit_column || reading.wires.gated) {
    throw core::InvalidInput(
        "cells that learn hold continuous weights in one slice, without a unit column or gates");
  }
  if (reading.input.range == Input::Range::calibrated || needs_calibration(reading.adc))
    throw core::InvalidInput(
        "nobody knows before what will flow through cells that learn: no range is calibrated");
  Data& a = *data_;
  a.inputs = inputs;
  a.outputs = outputs;
  a.stride = padded(outputs);
  a.settings = settings;
  a.updater = std::move(updater);
  const device::UpdateModel& model = a.updater->model();
  const double g_on_s = reading.cell.g_on_s();
  a.unit = (model.siemens(model.hi) - model.siemens(model.lo)) / (model.hi - model.lo) / g_on_s;
  a.zero = model.siemens(0) / g_on_s;
  const WeightCode code =
      weight_code_within(mapping.scheme, settings.weight_limit, a.zero + a.unit * model.used_lo,
                         a.zero + a.unit * model.used_hi, reading.cell.g_off());
  a.matrix = map_matrix(
      outputs, inputs, reading, code,
      {.seed = place.seed, .trial = place.trial, .layer = place.layer.empty() ? place.name : place.layer});
  a.matrix.slices_there = place.slices;
  a.matrix.first_slice = place.slice;
  const double full_scale = reading.input.range == Input::Range::given ? reading.input.given : 1;
  a.ahead.input = a.back.input = full_scale;
  a.ahead.input_signed = reading.input.signs != Input::Signed::no;
  a.back.input_signed = true;  // errors have both signs
  a.matrix.ranges = a.ahead;
  const std::size_t cells = inputs * a.stride;
  const auto stream = [&](std::string_view purpose, std::uint32_t array) {
    return core::Stream{
        .seed = place.seed, .trial = place.trial, .purpose = purpose, .layer = place.name, .array = array};
  };
  a.plus.assign(cells, static_cast<float>(a.rest()));
  a.plus_cells = device::populate(a.updater->model(), cells, stream("cells", 0));
  if (a.pairs()) {
    a.minus.assign(cells, static_cast<float>(a.rest()));
    a.minus_cells = device::populate(a.updater->model(), cells, stream("cells", 1));
  }
  a.plus_key = core::random_key(stream("update", 0));
  a.minus_key = core::random_key(stream("update", 1));
  a.pulse_key = core::random_key(stream("pulse-train", 0));
  a.rows.resize(inputs);
  a.columns.assign(a.stride, 0);
  a.columns_negative.assign(a.stride, 0);
  a.uniform.resize(std::max(inputs, a.stride));
  a.row_updates.resize(inputs);
  a.column_updates.resize(outputs);
  if (settings.code == UpdateCode::pulses) {
    a.row_train.resize(inputs);
    a.pulses_of_row.resize(inputs);
    a.column_train.resize(a.stride);
    a.column_sign.resize(a.stride);
  }
  a.find_stuck();
  a.hold_stuck();
  if (reading.cell.has_read_noise()) {
    a.as_read.plus_variance.resize(a.plus.size());
    a.as_read.minus_variance.resize(a.minus.size());
  }
  if (has_resistance(reading.wires) || reading.cell.is_nonlinear()) return;
  a.forward.emplace(a.matrix, Direction::forward, a.ahead, a.live_cells());
  a.backward.emplace(a.matrix, Direction::transposed, a.back, a.live_cells());
}
LearningArray::~LearningArray() = default;
LearningArray::LearningArray(LearningArray&&) noexcept = default;

std::size_t LearningArray::inputs() const { return data_->inputs; }
std::size_t LearningArray::outputs() const { return data_->outputs; }
const LearningSettings& LearningArray::settings() const { return data_->settings; }

core::Matrix<float> LearningArray::weights() const {
  const Data& a = *data_;
  core::Matrix<float> w(a.outputs, a.inputs);
  for (std::size_t i = 0; i < a.inputs; ++i) {
    for (std::size_t j = 0; j < a.outputs; ++j) {
      const std::size_t at = i * a.stride + j;
      w(j, i) =
          static_cast<float>((a.plus[at] - (a.pairs() ? a.minus[at] : a.rest())) * a.weight_per_state());
    }
  }
  return w;
}

void LearningArray::zero(core::MatrixView<const std::uint8_t> mask) {
  Data& a = *data_;
  const auto rest = static_cast<float>(a.rest());
  for (std::size_t i = 0; i < a.inputs; ++i) {
    for (std::size_t j = 0; j < a.outputs; ++j) {
      if (mask(j, i) == 0) continue;
      const std::size_t at = i * a.stride + j;
      a.plus[at] = rest;
      if (a.pairs()) a.minus[at] = rest;
      if (!a.plus_cells.persistent.empty()) a.plus_cells.persistent[at] = rest;
      if (!a.minus_cells.persistent.empty()) a.minus_cells.persistent[at] = rest;
    }
  }
  a.changed();
}

double LearningArray::weight_per_pulse() const {
  const device::MeanSteps step = data_->updater->mean_step();
  return (step.up - step.down) / 2 / data_->state_per_weight();
}

LearningCount LearningArray::count() const {
  LearningCount count = data_->count;
  const auto largest = [](const std::vector<std::uint64_t>& v) {
    return v.empty() ? 0 : *std::max_element(v.begin(), v.end());
  };
  count.updates_per_cell_max =
      static_cast<double>(std::min(largest(data_->row_updates), largest(data_->column_updates)));
  if (count.updates > 0) count.mean_input /= static_cast<double>(count.updates);
  return count;
}

std::size_t LearningArray::bytes_per_cell() const {
  return sizeof(float) + data_->plus_cells.bytes_per_cell();
}

std::size_t LearningArray::cells_per_weight() const { return data_->pairs() ? 2 : 1; }

}  // namespace mho::array
