#include "mho/network/inference.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <mutex>

#include "mho/array/chip/chip.h"
#include "mho/array/mapping/chip_cells.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/core/error.h"
#include "mho/core/identity.h"
#include "mho/core/interrupt.h"
#include "mho/core/library.h"
#include "mho/core/parallel.h"
#include "mho/device/cell_models.h"
#include "mho/hardware/layer_settings.h"
#include "mho/network/batches.h"
#include "mho/network/data/accuracy.h"
#include "mho/network/data/dataset.h"
#include "mho/network/inference_settings.h"
#include "mho/network/layer_ranges.h"
#include "mho/network/layers/analog_layer.h"
#include "mho/network/layers/cost_shape.h"
#include "mho/network/layers/digital_layer.h"
#include "mho/network/layers/network.h"
#include "mho/network/layers/plan.h"
#include "mho/network/network_chip.h"

namespace mho::network {

class Chip {
 public:
  LayerProducts products;
};

namespace {

enum class How { float32, digital, analog };

std::string kind_of(const WeightLayer& layer, const Node& node) {
  if (layer.is_recurrent()) return "recurrent";
  if (!layer.is_convolution) return node.op == "Gemm" ? "gemm" : "matmul";
  if (layer.groups == 1) return "conv";
  return layer.convolution.group_channels() == 1 ? "depthwise-conv" : "grouped-conv";
}

/// Programming, the time after it, or reading draws random numbers, so that trials differ.
bool varies(const array::Settings& s) {
  // Cells of a measured map have no seed of their own that their drift is from.
  const bool map_drifts = s.chip && !s.chip->origin && s.cell.ages() && s.cell.models().drift &&
                          !s.cell.models().retention.nu_spread.vanishes();
  return map_drifts || (s.chip ? s.cell.ages_randomly() : s.cell.is_random()) || s.cell.has_read_noise() ||
         s.adc.sigma_capacitor > 0 || s.adc.sigma_comparator > 0 || s.adc.noise_lsb > 0;
}

}  // namespace

struct Inference::State {
  NetworkSettings settings;
  CalibrationSettings calibration;
  std::shared_ptr<const Network> network;
  hardware::StudyLayers resolved;
  std::vector<AnalogLayer> analog;
  std::vector<LayerInfo> infos;
  std::vector<std::size_t> input_shape;
  std::vector<array::Ranges> ranges;
  bool calibrated = false;

  std::mutex mutex;  // of what is made when it is first asked for
  std::map<std::pair<How, std::size_t>, std::shared_ptr<const Plan>> plans;
  std::vector<std::vector<std::shared_ptr<const array::Product>>> steady;  // of layers that never vary

  void describe_layers();
  /// One matrix of a layer.
  std::shared_ptr<const array::ProgrammedMatrix> program(std::size_t l, std::size_t pack,
                                                         const array::RandomSource& source,
                                                         array::Keep keep = array::Keep::conductances) const;
  bool on_arrays(std::size_t l) const { return infos[l].analog; }
  const array::Settings& settings_of(std::size_t l) const { return resolved.layers[l].array; }
  std::shared_ptr<const Plan> plan(How how, std::size_t batch);
  Evaluation evaluate(How how, const Chip* chip, const Dataset& images, const EvaluationOptions& options);
  void run_parts(const Batches& batches, const std::shared_ptr<const Plan>& plan, const Chip* chip,
                 const Dataset& images, std::size_t first, bool compare, Evaluation& result,
                 std::vector<SignalAndError>& errors, const Progress& progress);
};

void Inference::State::describe_layers() {
  const auto& layers = network->layers();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const WeightLayer& layer = layers[l];
    analog.push_back(place_on_arrays(layer, settings_of(l)));
    LayerInfo info;
    info.name = layer.name;
    info.weights_name = layer.weights_name;
    info.kind = kind_of(layer, node_of(network->graph(), layer));
    info.in = layer.rows;
    info.out = layer.groups * layer.columns;
    info.groups = layer.groups;
    info.positions = layer.positions;
    info.weights = layer.weights.elements();
    info.macs = info.weights * info.positions;
    info.analog = settings.analog_depthwise || info.kind != "depthwise-conv";
    if (info.analog) {
      info.arrays = analog.back().arrays();
      info.utilization = analog.back().utilization();
      info.matrices = analog.back().packs.size();
    } else {
      analog.back().packs.clear();
    }
    info.cost = cost_shape(layer, resolved.layers[l], infos.empty(), info.analog);
    infos.push_back(std::move(info));
  }
  for (const auto d : network->input_shape()) input_shape.push_back(static_cast<std::size_t>(d));
}

std::shared_ptr<const array::ProgrammedMatrix> Inference::State::program(std::size_t l, std::size_t p,
                                                                         const array::RandomSource& source,
                                                                         array::Keep keep) const {
  const AnalogLayer& layer = analog[l];
  const Pack& pack = layer.packs[p];
  return array::program(layer.weights(pack), layer.settings, layer.pack_ranges(ranges[l], pack), source,
                        pack.groups, keep);
}

std::shared_ptr<const Plan> Inference::State::plan(How how, std::size_t batch) {
  const std::scoped_lock lock(mutex);
  auto& plan = plans[{how, batch}];
  if (plan) return plan;
  PlanOptions options;
  if (how != How::float32) {
    // Each keeps weights in its own order: float's, with which all are compared, and one other are enough.
    std::erase_if(plans,
                  [&](const auto& p) { return p.first.first != How::float32 && p.first.first != how; });
    options.layer = [&](Binding& b, std::size_t l) {
      if (how == How::analog && on_arrays(l)) return bind_analog(b, l, analog[l]);
      return bind_digital(b, network->layers()[l], settings_of(l), ranges[l]);
    };
  }
  return plan = std::make_shared<const Plan>(network->graph(), network->input_shapes(batch), options);
}

void Inference::State::run_parts(const Batches& batches, const std::shared_ptr<const Plan>& plan,
                                 const Chip* chip, const Dataset& images, std::size_t first, bool compare,
                                 Evaluation& result, std::vector<SignalAndError>& errors,
                                 const Progress& progress) {
  // Floating sums are kept image by image and added in order at the end: the same bits for any threads.
  const std::size_t layers = infos.size();
  const std::size_t outputs = network->outputs();
  const auto exact = compare ? this->plan(How::float32, batches.batch()) : nullptr;
  std::vector<double> squares(result.has_labels ? 0 : images.size() - first);
  const std::size_t compared = errors.size() / std::max<std::size_t>(layers, 1);
  std::mutex merging;
  const auto part = [&](RunState& state, std::span<const float> pixels) {
    RunState in_float;  // goes beside `state` layer by layer, so that only one layer's answers are kept
    std::vector<core::AlignedVector<float>> expected(exact ? layers : 0);
    const auto in_use = [&](std::span<const float> y) {
      return y.first(y.size() / batches.batch() * state.images);
    };
    if (exact) {
      in_float.images = state.images;
      in_float.after_layer = [&](std::size_t l, std::span<const float> y) {
        expected[l].insert(expected[l].end(), in_use(y).begin(), in_use(y).end());
      };
      fill_input(*exact, in_float, pixels);
      state.after_layer = [&, at = std::vector<std::size_t>(layers, 0), step = std::size_t{0}](
                              std::size_t l, std::span<const float> y) mutable {
        if (at[l] == 0) step = exact->run_until(in_float, step, l);
        const auto used = in_use(y);
        const std::size_t size = used.size() / state.images;
        for (std::size_t i = 0; i < state.images; ++i) {
          errors[l * compared + state.first_image - first + i].add(
              std::span<const float>(expected[l]).subspan(at[l] + i * size, size),
              used.subspan(i * size, size));
        }
        at[l] += used.size();
        if (at[l] == expected[l].size()) core::AlignedVector<float>().swap(expected[l]);  // gives it back
      };
    }
    state.products = chip != nullptr ? &chip->products : nullptr;
    state.tallies.assign(layers, {});
    run_plan(*plan, state, pixels);
    state.after_layer = {};
    const auto bytes = plan->output(state, 0);
    const std::span<const float> answers(reinterpret_cast<const float*>(bytes.data()),
                                         state.images * outputs);
    std::size_t top1 = 0, top5 = 0;
    const std::size_t image_size = pixels.size() / state.images;
    for (std::size_t i = 0; i < state.images; ++i) {
      const auto y = answers.subspan(i * outputs, outputs);
      const std::size_t n = state.first_image + i;
      if (result.has_labels) {
        const auto label = static_cast<std::size_t>(images.labels()[n]);
        const std::size_t rank = rank_of(y, label);
        top1 += rank < 1 ? 1 : 0;
        top5 += rank < 5 ? 1 : 0;
      } else if (image_size == outputs) {
        squares[n - first] = network::mean_squared_error(y, pixels.subspan(i * image_size, image_size));
      }
      if (result.outputs.rows > 0) std::copy(y.begin(), y.end(), result.outputs.row(n - first).begin());
    }
    const std::scoped_lock lock(merging);
    result.top1 += top1;
    result.top5 += top5;
    for (std::size_t l = 0; l < layers; ++l) {
      result.layers[l].conversions += state.tallies[l].conversions;
      result.layers[l].clipped += state.tallies[l].clipped;
    }
  };
  result.images += batches.for_each(progress, part, &result.seconds);
  for (const double square : squares) result.mean_squared_error += square;
}

Evaluation Inference::State::evaluate(How how, const Chip* chip, const Dataset& images,
                                      const EvaluationOptions& options) {
  if (how != How::float32 && !calibrated) throw std::logic_error("inference before calibration");
  if (network->graph().inputs.size() != 1) {
    throw core::InvalidInput(network->graph().source + ": has several inputs; images fill only one");
  }
  if (!is_floating(network->output_type())) {
    throw core::InvalidInput(network->graph().source + ": its output is no floating-point numbers");
  }
  const std::size_t first = std::min(options.first, images.size());
  const std::size_t there = images.size() - first;
  const std::size_t count = options.count == 0 ? there : std::min(options.count, there);
  Evaluation result;
  result.has_labels = images.has_labels();
  if (result.has_labels) images.check_labels(network->outputs());
  result.layers.resize(infos.size());
  if (options.keep_outputs) result.outputs = core::Matrix<float>(count, network->outputs());
  const std::size_t compared = std::min(options.snr_images, count);
  std::vector<SignalAndError> errors(infos.size() * compared);  // by layer, then image
  const std::size_t batch = batch_size(*network, count);        // of both parts: one plan
  double seconds_alone = 0;
  for (const bool compare : {true, false}) {
    const std::size_t from = compare ? 0 : compared, n = compare ? compared : count - compared;
    if (n == 0 || (core::interrupted() && n > 0)) continue;
    const Batches batches(*network, images, first + from, n, batch);
    Progress progress;
    if (options.progress)
      progress = [&](std::size_t done, std::size_t) { options.progress(from + done, count); };
    const double before = result.seconds;
    run_parts(batches, plan(how, batches.batch()), chip, images, first, compare, result, errors, progress);
    if (!compare) seconds_alone = result.seconds - before;
  }
  // The comparison with float costs time that the network does not need: the rest speaks for all.
  if (compared > 0 && compared < count && result.images == count) {
    result.seconds = seconds_alone * static_cast<double>(count) / static_cast<double>(count - compared);
  }
  result.interrupted = result.images < count;
  const bool comparable = !result.has_labels && images.image_size() == network->outputs();
  result.mean_squared_error = comparable && result.images > 0
                                  ? result.mean_squared_error / static_cast<double>(result.images)
                                  : std::numeric_limits<double>::quiet_NaN();
  for (std::size_t l = 0; l < infos.size(); ++l) {
    SignalAndError all;
    for (std::size_t i = 0; i < compared; ++i) all.add(errors[l * compared + i]);
    if (how != How::float32) result.layers[l].inputs_signed = ranges[l].input_signed;
    result.layers[l].snr_db = compared > 0 ? all.decibel() : std::numeric_limits<double>::quiet_NaN();
  }
  return result;
}

std::optional<Inference> Inference::read(core::Config& study, std::shared_ptr<const Network> network) {
  const NetworkSettings settings = read_network_settings(study, network != nullptr);
  CalibrationSettings calibration = read_calibration_settings(study);
  if (!network && !settings.model.empty()) {
    try {
      network = study.library()->once<Network>(settings.model, [&] { return load_network(settings.model); });
    } catch (const core::InvalidInput& error) {
      study.root().table("network").complain("model", error.what());
    }
  }
  if (!network) {  // still says everything else that is wrong
    hardware::design_of(hardware::read_hardware(study, false), study, array::read_settings(study));
    for (const auto& layer : study.root().tables("layer")) {
      for (const auto& key : layer.keys()) layer.ignore(key);
    }
    return std::nullopt;
  }
  study.root().table("network").holds("model", network->graph().contents);
  auto state = std::make_unique<State>();
  state->settings = settings;
  state->calibration = std::move(calibration);
  state->network = std::move(network);
  state->resolved = hardware::read_layers(study, layer_names(*state->network), false);
  state->describe_layers();
  check_chip(study, state->analog);
  state->steady.resize(state->infos.size());
  return Inference(std::move(state));
}

Inference::Inference(std::unique_ptr<State> state) : state_(std::move(state)) {}
Inference::~Inference() = default;
Inference::Inference(Inference&&) noexcept = default;
Inference& Inference::operator=(Inference&&) noexcept = default;

std::shared_ptr<const Network> Inference::network() const { return state_->network; }
const std::vector<LayerInfo>& Inference::layers() const { return state_->infos; }
const array::Settings& Inference::settings(std::size_t layer) const { return state_->settings_of(layer); }
const hardware::Design& Inference::design() const { return *state_->resolved.common.design; }
const CalibrationSettings& Inference::calibration_settings() const { return state_->calibration; }
const std::vector<std::size_t>& Inference::input_shape() const { return state_->input_shape; }
std::size_t Inference::outputs() const { return state_->network->outputs(); }
const array::Ranges& Inference::ranges(std::size_t layer) const { return state_->ranges[layer]; }

void Inference::calibrate(const Dataset& images, const Progress& progress) {
  State& s = *state_;
  const std::string& file = s.calibration.file;
  if (!file.empty() && std::filesystem::exists(file)) {
    s.ranges = read_ranges(file, *s.network, s.analog, images, s.calibration);
  } else {
    s.ranges = calibrate_layers(
        *s.network, s.analog, [&](std::size_t batch) { return s.plan(How::float32, batch); }, images,
        s.calibration, progress);
    if (core::interrupted()) return;
    if (!file.empty()) write_ranges(file, *s.network, s.analog, images, s.ranges, s.calibration);
  }
  s.calibrated = true;
  s.plans.clear();
  for (auto& products : s.steady) products.clear();
}

core::Identity Inference::identity_of_ranges(const Dataset& images) const {
  return network::identity_of_ranges(*state_->network, state_->analog, images, state_->calibration);
}

Evaluation Inference::evaluate(Mode mode, const Dataset& images, const EvaluationOptions& options) const {
  return state_->evaluate(mode == Mode::float32 ? How::float32 : How::digital, nullptr, images, options);
}

Evaluation Inference::evaluate(const Chip& chip, const Dataset& images,
                               const EvaluationOptions& options) const {
  return state_->evaluate(How::analog, &chip, images, options);
}

std::shared_ptr<const Chip> Inference::program(std::uint64_t seed, std::uint32_t trial) const {
  State& s = *state_;
  if (!s.calibrated) throw std::logic_error("programming before calibration");
  auto chip = std::make_shared<Chip>();
  chip->products.resize(s.infos.size());
  std::vector<std::pair<std::size_t, std::size_t>> work;  // layer, pack
  const std::scoped_lock lock(s.mutex);
  for (std::size_t l = 0; l < s.infos.size(); ++l) {
    if (!s.on_arrays(l)) continue;
    if (!s.steady[l].empty()) {
      chip->products[l] = s.steady[l];
      continue;
    }
    chip->products[l].resize(s.analog[l].packs.size());
    for (std::size_t p = 0; p < s.analog[l].packs.size(); ++p) work.emplace_back(l, p);
  }
  // The large ones first, the next one to whoever is free. Who programs a cell does not change it.
  const auto cells = [&](const auto& w) {
    const AnalogLayer& layer = s.analog[w.first];
    return layer.rows(layer.packs[w.second]) * layer.columns(layer.packs[w.second]);
  };
  std::stable_sort(work.begin(), work.end(),
                   [&](const auto& a, const auto& b) { return cells(a) > cells(b); });
  std::atomic<std::size_t> next = 0;
  core::parallel_for(static_cast<std::size_t>(core::thread_count()), 1, [&](std::size_t, std::size_t) {
    for (std::size_t i = next++; i < work.size(); i = next++) {
      const auto [l, p] = work[i];
      const AnalogLayer& layer = s.analog[l];
      const std::string name = layer.pack_name(p);
      auto matrix = s.program(l, p, {.seed = seed, .trial = trial, .layer = name});
      chip->products[l][p] = array::make_product(std::move(matrix), layer.row_offsets(layer.packs[p]));
    }
  });
  for (std::size_t l = 0; l < s.infos.size(); ++l) {
    if (s.on_arrays(l) && !varies(s.settings_of(l))) s.steady[l] = chip->products[l];
  }
  return chip;
}

array::Chip Inference::kept(std::uint64_t seed, std::uint32_t trial) const {
  const State& s = *state_;
  if (!s.calibrated) throw std::logic_error("programming before calibration");
  array::Chip chip;
  for (std::size_t l = 0; l < s.analog.size(); ++l) {
    for (std::size_t p = 0; p < s.analog[l].packs.size(); ++p) {
      const std::string name = s.analog[l].pack_name(p);
      const auto matrix = s.program(l, p, {.seed = seed, .trial = trial, .layer = name}, array::Keep::life);
      chip.origin = array::chip_origin(*matrix);
      chip.matrices[name] = array::chip_matrix(*matrix);
    }
  }
  return chip;
}

bool Inference::is_deterministic() const {
  const State& s = *state_;
  for (std::size_t l = 0; l < s.infos.size(); ++l) {
    if (s.on_arrays(l) && varies(s.settings_of(l))) return false;
  }
  return true;
}

}  // namespace mho::network
