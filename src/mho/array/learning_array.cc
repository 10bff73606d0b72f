#include "mho/array/learning_array.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "mho/array/learning_kernels.h"
#include "mho/core/error.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

constexpr std::size_t kRowMultiple = 64;  ///< cells of a row are padded to whole blocks of random numbers
constexpr std::size_t kParallelCells = 1 << 15;  ///< smaller arrays are not worth waking a thread

std::size_t padded(std::size_t n) { return (n + kRowMultiple - 1) / kRowMultiple * kRowMultiple; }

float largest_magnitude(std::span<const float> v) {
  float largest = 0;
  for (const float x : v) largest = std::max(largest, std::fabs(x));
  return largest;
}

/// Rounds to signed levels of a converter; `uniform` in (0,1) rounds stochastically, empty to the nearest.
void convert(std::span<float> v, const LearningConverter& converter, std::span<const float> uniform = {}) {
  if (converter.bits == 0) return;
  const float range = converter.range > 0 ? static_cast<float>(converter.range) : largest_magnitude(v);
  if (range == 0) return;
  const auto levels = static_cast<float>((1 << (converter.bits - 1)) - 1);
  for (std::size_t i = 0; i < v.size(); ++i) {
    const float code = std::clamp(v[i] / range, -1.0f, 1.0f) * levels;
    v[i] = (uniform.empty() ? std::nearbyint(code) : std::floor(code + uniform[i])) * range / levels;
  }
}

/// Probability p as a threshold for 32 random bits.
std::uint32_t threshold(double p) {
  return static_cast<std::uint32_t>(std::clamp(p * 0x1p32, 0.0, 0x1p32 - 1));
}

}  // namespace

struct LearningArray::Data {
  std::size_t inputs = 0, outputs = 0, stride = 0;
  LearningSettings settings;
  std::shared_ptr<const device::Updater> updater;
  core::AlignedVector<float> plus, minus;  // (inputs, stride); minus is empty for offset
  device::CellPopulation plus_cells, minus_cells;
  core::RandomKey plus_key, minus_key, pulse_key, forward_key, backward_key;
  std::vector<float> rows, columns, columns_negative, uniform, y;  // scratch
  std::vector<std::uint32_t> bits, row_train, column_train, column_sign;
  mutable std::vector<float> in, out, noise;
  LearningCount count;
  std::vector<std::uint64_t> row_updates, column_updates;

  double lo() const { return updater->model().used_lo; }
  double hi() const { return updater->model().used_hi; }
  double half_range() const { return (hi() - lo()) / 2; }
  double rest() const { return settings.pairs == Pairs::one_sided ? lo() : (lo() + hi()) / 2; }
  /// Weight per unit of (plus - minus), or of (plus - reference).
  double weight_per_state() const {
    return settings.weight_limit / (settings.pairs == Pairs::offset ? half_range() : 2 * half_range());
  }
  /// Change of one cell's state per unit of weight.
  double state_per_weight() const {
    return (settings.pairs == Pairs::one_sided ? 2 : 1) * half_range() / settings.weight_limit;
  }
  bool pairs() const { return settings.pairs != Pairs::offset; }
  const float* minus_or_null() const { return pairs() ? minus.data() : nullptr; }
  void for_rows(const std::function<void(std::size_t, std::size_t)>& body) const {
    if (inputs * stride < kParallelCells) {
      body(0, inputs);
    } else {
      core::parallel_for(inputs, 1, body);
    }
  }

  void read_with_wires(std::span<const float> in, std::span<float> out, bool transposed) const;
  void add_read_noise(std::span<float> y, std::span<const float> driven, double sum_factor,
                      const core::RandomKey& key, std::uint64_t draw) const;
  void ask(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t draw);
  void ask_one_sided(std::size_t row, float scale, std::uint64_t draw);
  void ask_by_pulses(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t draw);
  void refresh(std::uint64_t draw);
};

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

/// Sum of states (less their reference) as the currents of the wired arrays say: conductance is a straight
/// line in the state, so what its zero contributes is taken off with the sum of the inputs.
void LearningArray::Data::read_with_wires(std::span<const float> driver, std::span<float> out_sums,
                                          bool transposed) const {
  const auto& model = updater->model();
  const double per_state =
      (model.siemens_at_hi - model.siemens_at_lo) / (model.hi - model.lo) / settings.g_on_s;
  const double at_zero = model.siemens(0) / settings.g_on_s;
  core::Matrix<double> v(1, driver.size()), current(1, out_sums.size());
  double driven = 0;
  for (std::size_t i = 0; i < driver.size(); ++i) driven += v(0, i) = driver[i];
  std::fill(out_sums.begin(), out_sums.end(), 0.0f);
  for (const auto* cells : {&plus, &minus}) {
    if (cells->empty()) continue;
    core::Matrix<double> g(inputs, outputs);
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t j = 0; j < outputs; ++j)
        g(i, j) = std::max(0.0, at_zero + per_state * (*cells)[i * stride + j]);
    }
    const Circuit circuit(g.view(), settings.wires);
    if (transposed) {
      circuit.solve_transposed(v.view(), current.view());
    } else {
      circuit.solve(v.view(), current.view());
    }
    const double sign = cells == &plus ? 1 : -1;
    for (std::size_t k = 0; k < out_sums.size(); ++k) {
      out_sums[k] += static_cast<float>(sign * (current(0, k) - at_zero * driven) / per_state);
    }
  }
}

// Independent noise of every cell at every read is one Gaussian at every output: variance Σ x²·σ².
void LearningArray::Data::add_read_noise(std::span<float> y_out, std::span<const float> driven,
                                         double sum_factor, const core::RandomKey& key,
                                         std::uint64_t draw) const {
  if (settings.read_noise <= 0) return;
  double power = 0;
  for (const float x : driven) power += static_cast<double>(x) * x;
  const double cells = pairs() ? 2 : 1;
  const auto sigma =
      static_cast<float>(settings.read_noise * 2 * half_range() * std::sqrt(cells * power) * sum_factor);
  core::fill_normal(key, draw, 0, std::span(noise).first(y_out.size()));
  for (std::size_t j = 0; j < y_out.size(); ++j) y_out[j] += sigma * noise[j];
}

void LearningArray::forward(std::span<const float> x, std::span<float> y, std::uint64_t draw) const {
  const Data& a = *data_;
  const std::span<float> in = std::span(a.in).first(a.inputs);
  std::copy(x.begin(), x.end(), in.begin());
  convert(in, a.settings.forward_in);
  const auto columns = [&](std::size_t begin, std::size_t end) {
    columns_of_difference(a.plus.data(), a.minus_or_null(), a.stride, in.data(), a.inputs, a.out.data(),
                          begin, end);
  };
  if (!a.settings.wires.none()) {
    a.read_with_wires(in, std::span(a.out).first(a.outputs), false);
  } else if (a.inputs * a.stride < kParallelCells) {
    columns(0, a.stride);
  } else {
    core::parallel_for(a.stride, 16, columns);
  }
  float reference = 0;  // Σ x times the fixed reference of offset columns
  if (!a.pairs()) {
    for (const float v : in) reference += v;
    reference *= static_cast<float>(a.rest());
  }
  const auto scale = static_cast<float>(a.weight_per_state());
  for (std::size_t j = 0; j < a.outputs; ++j) y[j] = (a.out[j] - reference) * scale;
  a.add_read_noise(y.first(a.outputs), in, a.weight_per_state(), a.forward_key, draw);
  convert(y.first(a.outputs), a.settings.forward_out);
}

void LearningArray::backward(std::span<const float> d, std::span<float> e, std::uint64_t draw) const {
  const Data& a = *data_;
  const std::span<float> in = std::span(a.in).first(a.outputs);
  std::copy(d.begin(), d.end(), in.begin());
  convert(in, a.settings.backward_in);
  float reference = 0;
  if (!a.pairs()) {
    for (const float v : in) reference += v;
    reference *= static_cast<float>(a.rest());
  }
  const auto scale = static_cast<float>(a.weight_per_state());
  if (!a.settings.wires.none()) {
    a.read_with_wires(in, e.first(a.inputs), true);
    for (float& v : e.first(a.inputs)) v = (v - reference) * scale;
  } else {
    a.for_rows([&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t row = i * a.stride;
        const float sum = row_of_difference(a.plus.data() + row, a.pairs() ? a.minus.data() + row : nullptr,
                                            in.data(), a.outputs);
        e[i] = (sum - reference) * scale;
      }
    });
  }
  a.add_read_noise(e.first(a.inputs), in, a.weight_per_state(), a.backward_key, draw);
  convert(e.first(a.inputs), a.settings.backward_out);
}

void LearningArray::update(std::span<const float> x, std::span<const float> d, double rate,
                           std::uint64_t draw) {
  Data& a = *data_;
  std::copy(x.begin(), x.end(), a.rows.begin());
  std::copy(d.begin(), d.end(), a.columns.begin());
  if (a.settings.code == UpdateCode::codes) {
    const std::span<float> uniform(a.uniform);
    const bool stochastic = a.settings.stochastic_rounding;
    if (stochastic) core::fill_uniform(a.pulse_key, 2 * draw, 0, uniform.first(a.inputs));
    convert(a.rows, a.settings.row_code, stochastic ? uniform.first(a.inputs) : std::span<float>());
    if (stochastic) core::fill_uniform(a.pulse_key, 2 * draw + 1, 0, uniform.first(a.outputs));
    convert(std::span(a.columns).first(a.outputs), a.settings.column_code,
            stochastic ? uniform.first(a.outputs) : std::span<float>());
  }
  if (a.settings.code == UpdateCode::pulses) {
    a.ask_by_pulses(x, d, rate, draw);
  } else {
    a.ask(a.rows, std::span(a.columns).first(a.outputs), rate, draw);
  }
  if (a.settings.lifetime > 0) {
    const auto keep = static_cast<float>(std::exp(-1 / a.settings.lifetime));
    const auto rest = static_cast<float>(a.rest());
    for (auto* cells : {&a.plus, &a.minus}) {
      for (float& g : *cells) g = rest + (g - rest) * keep;
    }
  }
  ++a.count.updates;
  if (a.settings.pairs == Pairs::one_sided &&
      a.count.updates % static_cast<std::uint64_t>(std::max(1, a.settings.refresh_every)) == 0)
    a.refresh(draw);
}

void LearningArray::Data::ask(std::span<const float> x, std::span<const float> d, double rate,
                              std::uint64_t draw) {
  const double factor = rate * state_per_weight();
  double rows_asked = 0, columns_asked = 0, row_sum = 0, column_sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    rows_asked += x[i] != 0;
    row_sum += std::fabs(x[i]);
    row_updates[i] += x[i] != 0;
  }
  for (std::size_t j = 0; j < d.size(); ++j) {
    columns_asked += d[j] != 0;
    column_sum += std::fabs(d[j]);
    column_updates[j] += d[j] != 0;
  }
  const auto cells = static_cast<double>(inputs * outputs);
  const device::MeanSteps step = updater->mean_step();
  count.updates_per_cell_mean += rows_asked * columns_asked / cells;
  count.pulses_per_cell_mean +=
      std::fabs(factor) * row_sum * column_sum / cells / ((step.up - step.down) / 2);

  if (settings.pairs == Pairs::one_sided) {
    for (std::size_t j = 0; j < outputs; ++j) {
      columns_negative[j] = std::max(-d[j], 0.0f);
      columns[j] = std::max(d[j], 0.0f);
    }
  }
  for_rows([&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto scale = static_cast<float>(factor * x[i]);
      if (scale == 0) continue;
      if (settings.pairs == Pairs::one_sided) {
        ask_one_sided(i, scale, draw);
        continue;
      }
      const std::size_t first = i * stride;
      const std::span<const float> column(columns.data(), outputs);
      const std::span<float> up(plus.data() + first, outputs);
      if (settings.pairs == Pairs::two_sided) {
        updater->update_pairs(up, {minus.data() + first, outputs}, plus_cells, minus_cells, first, scale,
                              column, plus_key, draw);
      } else {
        updater->update(up, plus_cells, first, scale, column, plus_key, draw);
      }
    }
  });
}

/// Cells of one-sided pairs only go up: a positive request moves plus, a negative one minus.
void LearningArray::Data::ask_one_sided(std::size_t row, float scale, std::uint64_t draw) {
  const std::size_t first = row * stride;
  const std::span<const float> same(scale > 0 ? columns.data() : columns_negative.data(), outputs);
  const std::span<const float> opposite(scale > 0 ? columns_negative.data() : columns.data(), outputs);
  updater->update({plus.data() + first, outputs}, plus_cells, first, std::fabs(scale), same, plus_key, draw);
  updater->update({minus.data() + first, outputs}, minus_cells, first, std::fabs(scale), opposite, minus_key,
                  draw);
}

// Trains of up to 31 slots; a slot pulses with probability |x|·B on rows and |d|·A on columns, and a cell
// steps where both pulse: the expected change is rate·d·x. With update management A and B are balanced and
// the train is only as long as the largest request needs (Gokmen, Onen & Haensch 2017,
// doi 10.3389/fnins.2017.00538).
void LearningArray::Data::ask_by_pulses(std::span<const float> x, std::span<const float> d, double rate,
                                        std::uint64_t draw) {
  const device::MeanSteps step = updater->mean_step();
  const double granularity = (step.up - step.down) / 2;
  const double factor = std::fabs(rate) * state_per_weight();
  const double x_max = largest_magnitude(x), d_max = largest_magnitude(d);
  if (factor == 0 || x_max == 0 || d_max == 0) return;
  const double longest = factor * x_max * d_max / granularity;
  const int limit = settings.pulse_length;
  const int length =
      settings.update_management ? std::min(limit, std::max(1, static_cast<int>(std::ceil(longest)))) : limit;
  const double amplitude = std::sqrt(factor / (granularity * length));
  double column_gain = amplitude, row_gain = amplitude;
  if (settings.update_management) {
    const double d_scale = longest > limit ? d_max * limit / longest : d_max;
    column_gain *= std::sqrt(x_max / d_scale);
    row_gain *= std::sqrt(d_scale / x_max);
  }
  row_train.resize(inputs);
  column_train.resize(stride);
  column_sign.resize(stride);
  bits.resize(32);
  const auto train = [&](std::size_t line, double p) {
    core::fill_bits(pulse_key, draw, line * 64, bits);
    const std::uint32_t below = threshold(p);
    std::uint32_t pulses = 0;
    for (int slot = 0; slot < length; ++slot)
      pulses |= static_cast<std::uint32_t>(bits[slot] < below) << slot;
    return pulses;
  };
  double row_pulses = 0, column_pulses = 0;
  for (std::size_t i = 0; i < inputs; ++i) {
    row_train[i] = train(i, std::fabs(x[i]) * row_gain);
    row_updates[i] += row_train[i] != 0;
    row_pulses += row_train[i] != 0;
  }
  for (std::size_t j = 0; j < outputs; ++j) {
    column_train[j] = train(inputs + j, std::fabs(d[j]) * column_gain);
    column_sign[j] = (d[j] < 0) != (rate < 0);
    column_updates[j] += column_train[j] != 0;
    column_pulses += column_train[j] != 0;
  }
  count.updates_per_cell_mean += row_pulses * column_pulses / static_cast<double>(inputs * outputs);

  std::vector<double> pulses_of_row(inputs);
  for_rows([&](std::size_t begin, std::size_t end) {
    std::vector<std::int32_t> counts(stride), opposite(stride);
    for (std::size_t i = begin; i < end; ++i) {
      if (row_train[i] == 0) continue;
      coincidences(row_train[i], x[i] < 0, column_train.data(), column_sign.data(), counts.data(), outputs);
      const std::size_t first = i * stride;
      const std::span<float> up(plus.data() + first, outputs);
      for (std::size_t j = 0; j < outputs; ++j) {
        pulses_of_row[i] += std::abs(counts[j]);
        opposite[j] = -counts[j];
      }
      if (settings.pairs == Pairs::one_sided) {
        for (std::size_t j = 0; j < outputs; ++j) {
          counts[j] = std::max(counts[j], 0);
          opposite[j] = std::max(opposite[j], 0);
        }
      }
      updater->pulse(up, plus_cells, first, std::span(counts).first(outputs), plus_key, draw);
      if (pairs())
        updater->pulse({minus.data() + first, outputs}, minus_cells, first,
                       std::span(opposite).first(outputs), minus_key, draw);
    }
  });
  for (const double p : pulses_of_row)
    count.pulses_per_cell_mean += p / static_cast<double>(inputs * outputs);
}

/// Pairs whose larger cell is near the top and whose smaller one has climbed are reset and rewritten.
void LearningArray::Data::refresh(std::uint64_t draw) {
  const auto low = static_cast<float>(lo());
  const auto high_mark = static_cast<float>(lo() + 0.75 * 2 * half_range());
  const auto low_mark = static_cast<float>(lo() + 0.25 * 2 * half_range());
  for (std::size_t i = 0; i < inputs; ++i) {
    for (std::size_t j = 0; j < outputs; ++j) {
      const std::size_t at = i * stride + j;
      const float larger = std::max(plus[at], minus[at]), smaller = std::min(plus[at], minus[at]);
      if (larger < high_mark || smaller < low_mark) continue;
      const float difference = plus[at] - minus[at];
      plus[at] = minus[at] = low;
      if (!plus_cells.persistent.empty()) plus_cells.persistent[at] = minus_cells.persistent[at] = low;
      const float request[1] = {std::fabs(difference)};
      auto& cells = difference > 0 ? plus : minus;
      updater->update({cells.data() + at, 1}, difference > 0 ? plus_cells : minus_cells, at, 1.0f, request,
                      pulse_key, (1ull << 62) + draw);
      ++count.refreshes;
    }
  }
}

void LearningArray::add(core::MatrixView<const float> dw, std::uint64_t draw) {
  Data& a = *data_;
  a.for_rows([&](std::size_t begin, std::size_t end) {
    std::vector<float> request(a.outputs);
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < a.outputs; ++j) request[j] = dw(j, i);
      add_input(i, request, draw);
    }
  });
}

void LearningArray::add_input(std::size_t input, std::span<const float> dw, std::uint64_t draw) {
  Data& a = *data_;
  if (std::all_of(dw.begin(), dw.end(), [](float v) { return v == 0; })) return;
  const std::size_t first = input * a.stride;
  const auto scale = static_cast<float>(a.state_per_weight());
  const std::span<float> up(a.plus.data() + first, a.outputs);
  if (a.settings.pairs == Pairs::two_sided) {
    a.updater->update_pairs(up, {a.minus.data() + first, a.outputs}, a.plus_cells, a.minus_cells, first,
                            scale, dw, a.plus_key, draw);
  } else if (a.settings.pairs == Pairs::offset) {
    a.updater->update(up, a.plus_cells, first, scale, dw, a.plus_key, draw);
  } else {
    std::vector<float> more(a.outputs), less(a.outputs);
    for (std::size_t j = 0; j < a.outputs; ++j) {
      more[j] = std::max(dw[j], 0.0f);
      less[j] = std::max(-dw[j], 0.0f);
    }
    a.updater->update(up, a.plus_cells, first, scale, more, a.plus_key, draw);
    a.updater->update({a.minus.data() + first, a.outputs}, a.minus_cells, first, scale, less, a.minus_key,
                      draw);
  }
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

namespace {

template <typename Vector>
void append(std::vector<std::uint8_t>& out, const Vector& v) {
  const std::size_t bytes = v.size() * sizeof(v[0]);
  const std::size_t at = out.size();
  out.resize(at + bytes);
  if (bytes > 0) std::memcpy(out.data() + at, v.data(), bytes);
}

template <typename Vector>
void take(std::span<const std::uint8_t>& from, Vector& v) {
  const std::size_t bytes = v.size() * sizeof(v[0]);
  if (from.size() < bytes)
    throw core::InvalidInput(fmt::format("a checkpoint ends {} bytes too early", bytes - from.size()));
  if (bytes > 0) std::memcpy(v.data(), from.data(), bytes);
  from = from.subspan(bytes);
}

}  // namespace

std::vector<std::uint8_t> LearningArray::state() const {
  const Data& a = *data_;
  std::vector<std::uint8_t> out;
  append(out, a.plus);
  append(out, a.minus);
  append(out, a.plus_cells.persistent);
  append(out, a.minus_cells.persistent);
  append(out, a.row_updates);
  append(out, a.column_updates);
  append(out, std::vector<LearningCount>{a.count});
  return out;
}

void LearningArray::restore(std::span<const std::uint8_t> state) {
  Data& a = *data_;
  take(state, a.plus);
  take(state, a.minus);
  take(state, a.plus_cells.persistent);
  take(state, a.minus_cells.persistent);
  take(state, a.row_updates);
  take(state, a.column_updates);
  std::vector<LearningCount> count(1);
  take(state, count);
  a.count = count[0];
  if (!state.empty())
    throw core::InvalidInput(fmt::format("a checkpoint has {} bytes too many", state.size()));
}

}  // namespace mho::array
