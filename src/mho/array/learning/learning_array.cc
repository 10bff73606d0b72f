#include "mho/array/learning/learning_array.h"

#include <algorithm>
#include <cmath>

#include "mho/array/learning/learning_data.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

constexpr std::size_t kRowMultiple = 64;  ///< cells of a row are padded to whole blocks of random numbers

std::size_t padded(std::size_t n) { return (n + kRowMultiple - 1) / kRowMultiple * kRowMultiple; }

}  // namespace

float largest_magnitude(std::span<const float> v) {
  float largest = 0;
  for (const float x : v) largest = std::max(largest, std::fabs(x));
  return largest;
}

void convert(std::span<float> v, const LearningConverter& converter, std::span<const float> uniform) {
  if (converter.bits == 0) return;
  const float range = converter.range > 0 ? static_cast<float>(converter.range) : largest_magnitude(v);
  if (range == 0) return;
  const auto levels = static_cast<float>((1 << (converter.bits - 1)) - 1);
  for (std::size_t i = 0; i < v.size(); ++i) {
    const float code = std::clamp(v[i] / range, -1.0f, 1.0f) * levels;
    v[i] = (uniform.empty() ? std::nearbyint(code) : std::floor(code + uniform[i])) * range / levels;
  }
}

void LearningArray::Data::for_rows(const std::function<void(std::size_t, std::size_t)>& body) const {
  if (inputs * stride < kLearningParallelCells) {
    body(0, inputs);
  } else {
    core::parallel_for(inputs, 1, body);
  }
}

LearningArray::LearningArray(std::size_t inputs, std::size_t outputs, const LearningSettings& settings,
                             std::shared_ptr<const device::Updater> updater, std::uint64_t seed,
                             std::uint32_t trial, std::string_view name)
    : data_(std::make_unique<Data>()) {
  Data& a = *data_;
  a.inputs = inputs;
  a.outputs = outputs;
  a.stride = padded(outputs);
  a.settings = settings;
  a.updater = std::move(updater);
  const std::size_t cells = inputs * a.stride;
  const auto stream = [&](std::string_view purpose, std::uint32_t array) {
    return core::Stream{.seed = seed, .trial = trial, .purpose = purpose, .layer = name, .array = array};
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
  a.forward_key = core::random_key(stream("read-forward", 0));
  a.backward_key = core::random_key(stream("read-backward", 0));
  a.rows.resize(inputs);
  a.columns.assign(a.stride, 0);
  a.columns_negative.assign(a.stride, 0);
  a.uniform.resize(std::max(inputs, a.stride));
  a.in.resize(std::max(inputs, a.stride));
  a.out.assign(a.stride, 0);
  a.noise.resize(std::max(inputs, a.stride));
  a.row_updates.resize(inputs);
  a.column_updates.resize(outputs);
  if (settings.code == UpdateCode::pulses) {
    a.row_train.resize(inputs);
    a.pulses_of_row.resize(inputs);
    a.column_train.resize(a.stride);
    a.column_sign.resize(a.stride);
  }
}
LearningArray::~LearningArray() = default;
LearningArray::LearningArray(LearningArray&&) noexcept = default;

std::size_t LearningArray::inputs() const { return data_->inputs; }
std::size_t LearningArray::outputs() const { return data_->outputs; }
const LearningSettings& LearningArray::settings() const { return data_->settings; }

void LearningArray::write(core::MatrixView<const float> weights) {
  Data& a = *data_;
  for (std::size_t i = 0; i < a.inputs; ++i) {
    for (std::size_t j = 0; j < a.outputs; ++j) {
      const double w = std::clamp<double>(weights(j, i), -a.settings.weight_limit, a.settings.weight_limit);
      const double x = w * a.state_per_weight();
      const std::size_t at = i * a.stride + j;
      if (a.settings.pairs == Pairs::one_sided) {
        a.plus[at] = static_cast<float>(a.lo() + std::max(x, 0.0));
        a.minus[at] = static_cast<float>(a.lo() + std::max(-x, 0.0));
      } else {
        a.plus[at] = static_cast<float>(a.rest() + x);
        if (a.pairs()) a.minus[at] = static_cast<float>(a.rest() - x);
      }
    }
  }
  const bool hidden =
      a.updater->model().step.write_noise > 0 && a.updater->model().kind >= device::UpdateKind::constant;
  if (hidden) {
    a.plus_cells.persistent.assign(a.plus.begin(), a.plus.end());
    a.minus_cells.persistent.assign(a.minus.begin(), a.minus.end());
  }
}

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

std::vector<float> LearningArray::conductances_s() const {
  const Data& a = *data_;
  std::vector<float> all;
  for (const auto* cells : {&a.plus, &a.minus}) {
    if (cells->empty()) continue;
    for (std::size_t i = 0; i < a.inputs; ++i) {
      for (std::size_t j = 0; j < a.outputs; ++j)
        all.push_back(static_cast<float>(a.updater->model().siemens((*cells)[i * a.stride + j])));
    }
  }
  return all;
}

std::size_t LearningArray::bytes_per_cell() const {
  return sizeof(float) + data_->plus_cells.bytes_per_cell();
}

}  // namespace mho::array
