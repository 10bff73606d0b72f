#include "mho/network/layer_ranges.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <numeric>

#include "mho/array/calibration/calibration.h"
#include "mho/array/mapping/chip_cells.h"
#include "mho/core/interrupt.h"
#include "mho/core/parallel.h"
#include "mho/device/cell_models.h"
#include "mho/network/batches.h"
#include "mho/network/data/dataset.h"
#include "mho/network/layers/plan.h"

namespace mho::network {
namespace {

using array::Distribution;

/// An output that was seen less often has no gain: how large its currents will be is not known. A class' own
/// logit, most of all, is large for one image in a thousand.
constexpr std::size_t kFewest = 2000;

/// The same cell without any error, on arrays without wires. Weights lie on it as on the chip that is read,
/// where there is one: up to the same largest weight, or, where it learned and uses other conductances than
/// programming would, on the cells that it has.
array::Settings ideal(array::Settings settings, const std::string& matrix) {
  const device::CellModels& real = settings.cell.models();
  auto models = std::make_shared<device::CellModels>();
  models->g_on_s = real.g_on_s;
  models->on_off_ratio = real.on_off_ratio;
  models->read_voltage_v = real.read_voltage_v;
  models->cell_bits = real.cell_bits;
  settings.cell = device::Cell(std::move(models));
  settings.wires = {};
  if (settings.chip && !array::learned(settings.chip->matrix(matrix), settings)) {
    const auto& meaning = settings.chip->matrix(matrix).meaning;
    if (meaning && !settings.mapping.range_per_column)
      settings.mapping.weight_range = {array::WeightRange::Kind::value, meaning->largest_weight};
    settings.chip = nullptr;
  }
  return settings;
}

int slices_of(const AnalogLayer& layer) { return std::max(1, layer.settings.mapping.slices); }

/// Numbers of one image that are read together.
std::size_t input_size(const WeightLayer& layer) {
  if (!layer.is_convolution) return layer.positions_together() * layer.rows;
  const auto& g = layer.convolution;
  return static_cast<std::size_t>(g.channels * g.y.in * g.x.in);
}

std::vector<array::Ranges> input_ranges(const std::vector<AnalogLayer>& layers, const Batches& batches,
                                        const Plan& plan, double percentile, const Progress& progress) {
  std::vector<Distribution> all(layers.size());
  std::mutex merging;
  batches.for_each(progress, [&](RunState& state, std::span<const float> pixels) {
    state.before_layer = [&](std::size_t l, std::span<const float> x) {
      Distribution mine;
      mine.add(x.first(state.images * input_size(*layers[l].layer)));
      const std::scoped_lock lock(merging);
      all[l].merge(mine);
    };
    run_plan(plan, state, pixels);
    state.before_layer = {};
  });
  std::vector<array::Ranges> ranges(layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const array::Input& input = layers[l].settings.input;
    using Signed = array::Input::Signed;
    ranges[l].input_signed =
        input.signs == Signed::yes || (input.signs == Signed::automatic && all[l].quantile(0) < 0);
    const double found = all[l].quantile_of_magnitude(percentile / 100);
    ranges[l].input = input.range == array::Input::Range::given ? input.given : (found > 0 ? found : 1.0);
  }
  return ranges;
}

/// Shows the currents of one layer's input to `seen`.
void observe(const AnalogLayer& analog, std::span<const std::shared_ptr<const array::Product>> products,
             std::span<const std::int64_t> starts, std::span<const float> x, std::size_t images,
             core::AlignedVector<float>& pictures, array::CurrentDistributions& all,
             array::CurrentsOfOutputs* outputs, array::Workspace& workspace) {
  if (analog.layer->is_convolution) {
    const Picture picture = analog.picture();
    if (picture.is_copy) {
      pictures.resize(std::max(pictures.size(), images * picture.size()));
      copy_pictures(analog, x.data(), images, pictures.data());
      x = {pictures.data(), images * picture.size()};
    }
  }
  for (std::size_t p = 0; p < products.size(); ++p) {
    array::CurrentCounter counter(all, outputs, analog.packs[p].first_group * analog.layer->columns);
    products[p]->quantize(x, workspace);
    products[p]->observe(starts, counter, workspace);
  }
}

void current_ranges(const std::vector<AnalogLayer>& layers, const Batches& batches, const Plan& plan,
                    double percentile, std::vector<array::Ranges>& ranges, const Progress& progress) {
  constexpr std::size_t enough = 20'000;
  LayerProducts products(layers.size());
  std::vector<std::vector<std::int64_t>> starts(layers.size());
  std::vector<array::CurrentDistributions> all;
  std::vector<std::unique_ptr<array::CurrentsOfOutputs>> of_outputs(layers.size());
  bool any = false;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    all.emplace_back(slices_of(layers[l]));
    const array::Settings& settings = layers[l].settings;
    if (!array::needs_calibration(settings.adc) || layers[l].packs.empty()) continue;
    any = true;
    if (settings.adc.range_per_column) {
      of_outputs[l] = std::make_unique<array::CurrentsOfOutputs>(
          slices_of(layers[l]), layers[l].layer->groups * layers[l].layer->columns);
    }
    for (std::size_t p = 0; p < layers[l].packs.size(); ++p) {
      const Pack& pack = layers[l].packs[p];
      const std::string name = layers[l].pack_name(p);
      auto programmed = array::program(layers[l].weights(pack), ideal(settings, name),
                                       layers[l].pack_ranges(ranges[l], pack), {.layer = name}, pack.groups);
      products[l].push_back(array::make_product(std::move(programmed), layers[l].row_offsets(pack)));
    }
    // One in `every` vectors, counted over all images; odd, so that it walks through all columns of a
    // picture.
    const std::size_t positions = layers[l].layer->positions;
    const std::size_t every = std::max<std::size_t>(1, batches.count() * positions / enough) | 1;
    const auto full = origins(layers[l], batches.batch());
    for (std::size_t v = 0; v < full.size(); v += every) starts[l].push_back(full[v]);
  }
  if (!any) return;
  std::mutex merging;
  batches.for_each(progress, [&](RunState& state, std::span<const float> pixels) {
    core::AlignedVector<float> pictures;
    state.before_layer = [&](std::size_t l, std::span<const float> x) {
      if (products[l].empty()) return;
      array::CurrentDistributions mine(slices_of(layers[l]));
      // Origins of the images in use: a batch's last images may be padding.
      const auto& layer = *layers[l].layer;
      const std::size_t size = layer.is_convolution ? layers[l].picture().size() : input_size(layer);
      const auto limit = static_cast<std::int64_t>(state.images * size);
      const auto end = std::lower_bound(starts[l].begin(), starts[l].end(), limit);
      observe(layers[l], products[l], {starts[l].begin(), end}, x.first(state.images * input_size(layer)),
              state.images, pictures, mine, of_outputs[l].get(), *state.workspace);
      const std::scoped_lock lock(merging);
      all[l].merge(mine);
    };
    run_plan(plan, state, pixels);
    state.before_layer = {};
  });
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (products[l].empty()) continue;
    array::set_adc_ranges(layers[l].settings, all[l], of_outputs[l].get(), percentile, kFewest, ranges[l]);
  }
}

}  // namespace

std::vector<array::Ranges> calibrate_layers(
    const Network& network, const std::vector<AnalogLayer>& layers,
    const std::function<std::shared_ptr<const Plan>(std::size_t)>& plan_for, const Dataset& images,
    const CalibrationSettings& settings, const Progress& progress) {
  const std::size_t count = std::min(settings.count, images.size());
  const Batches batches(network, images, 0, count, batch_size(network, count));
  const auto plan = plan_for(batches.batch());
  auto ranges = input_ranges(layers, batches, *plan, settings.percentile, progress);
  if (!core::interrupted()) current_ranges(layers, batches, *plan, settings.percentile, ranges, progress);
  return ranges;
}

}  // namespace mho::network
