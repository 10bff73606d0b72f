#include "mho/hardware/chip.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mho/core/error.h"

namespace mho::hardware {
namespace {

/// Energy of one bit in or out of a tile's buffer: grows with the root of its capacity. [J]
double buffer_energy(const Design& design) {
  if (design.chip.edram) return design.technology.edram.energy;
  const auto& sram = design.technology.sram;
  return sram.buffer_energy * std::sqrt(design.chip.tile_buffer_bits / sram.buffer_capacity);
}

Cost part(std::string_view name, double energy_j, const Source& source, double area_m2 = 0,
          double leakage_w = 0) {
  Cost cost;
  cost.name = name;
  cost.energy_j = energy_j;
  cost.area_m2 = area_m2;
  cost.leakage_w = leakage_w;
  cost.source = source;
  return cost;
}

/// Everything of one layer on the chip.
struct Placed {
  const LayerShape* layer = nullptr;
  const Design* design = nullptr;  ///< of its arrays
  std::size_t kind = 0;
  Placement place;
  double copies = 1;
  double first_tile = 0, tiles = 0;
  double positions() const { return static_cast<double>(layer->positions); }
  double outputs() const { return positions() * static_cast<double>(layer->out); }
  double fresh() const {
    return layer->fresh_inputs > 0 ? layer->fresh_inputs : static_cast<double>(layer->in * layer->groups);
  }
  /// Vectors of an image one after the other. Copies of a sequential layer take other images.
  double steps() const { return layer->sequential ? positions() : std::ceil(positions() / copies); }
};

/// Arrays of one layer for one image: every position fires every array of one copy.
Cost arrays_cost(const Placed& p, Kernel kernel) {
  const Design& design = *p.design;
  Activity activity = p.layer->activity;
  if (!activity.mean_input) activity.mean_input = design.activity.mean_input;
  if (!activity.mean_conductance) activity.mean_conductance = design.activity.mean_conductance;
  Cost all;
  bool first = true;
  for (const Part& piece : p.place.parts) {
    Cost cost = repeated(kernel_cost(design, kernel, p.place.whole, piece.used, activity),
                         piece.count * p.copies, p.positions() / p.copies);
    if (first) {
      all = std::move(cost);
      first = false;
    } else {
      merge(all, cost, Timing::parallel);
    }
  }
  return all;
}

/// What an image takes of the pipeline in this layer, and how long it stays there alone.
struct Stage {
  double interval_s = 0, latency_s = 0;
};

/// `fired`: all its arrays for one image.
Stage stage_of(const Placed& p, const Cost& fired) {
  const Design& design = *p.design;
  const double uses = p.positions() / p.copies;
  const double vector_s = fired.latency_s / uses;
  const double bits_of_link = design.technology.interconnect.link_bits * design.technology.logic.clock;
  const double bits = p.fresh() * design.precision.input_bits;
  const double transfer_s = bits / (bits_of_link * p.tiles / p.copies);
  if (p.layer->sequential) {  // nothing overlaps within an image, and it has one copy to itself
    const double tiles = std::ceil(p.place.arrays / design.chip.arrays_per_tile);
    const double alone_s = p.steps() * (vector_s + bits / (bits_of_link * tiles));
    return {std::max(alone_s / p.copies, uses * transfer_s), alone_s};
  }
  double cycle_s = vector_s;
  if (!design.tile.digital && design.tile.analog.read.overlapped) {
    const double conversion = find_part(fired, "converters")->latency_s / uses;
    cycle_s = std::max(conversion, vector_s - conversion);
  }
  cycle_s = std::max(cycle_s, transfer_s);
  return {p.steps() * cycle_s, (p.steps() - 1) * cycle_s + vector_s};
}

struct Point {
  double row = 0, col = 0;
};

/// Where tile number `index` lies on a mesh that is filled in serpentines.
Point on_mesh(double index, double side) {
  const double row = std::floor(index / side);
  const double col = index - row * side;
  return {row, std::fmod(row, 2) == 0 ? col : side - 1 - col};
}

/// Hops of an output of `from` to the middle of `to`, and on to every tile there that needs it.
double hops_between(const Placed& from, const Placed& to, double side, double arrays_per_tile) {
  const Point a = on_mesh(from.first_tile + (from.tiles - 1) / 2, side);
  const Point b = on_mesh(to.first_tile + (to.tiles - 1) / 2, side);
  const double distance = std::abs(a.row - b.row) + std::abs(a.col - b.col);
  const double spread = std::ceil(to.place.col_parts / arrays_per_tile) - 1;
  return std::max(1.0, distance) + spread;
}

struct Movement {
  double buffer_bits = 0, bus_bits = 0, hop_bits = 0, sum_bits = 0;
};

Movement movement_of(const Placed& p, double hops) {
  const Design& design = *p.design;
  const double in_bits = design.precision.input_bits, out_bits = design.precision.output_bits;
  const double readers = std::ceil(p.place.col_parts / design.chip.arrays_per_tile);
  const double read = p.positions() * p.fresh() * in_bits * readers;
  const double partial_sums =
      p.outputs() * (p.place.row_parts - 1) * (out_bits + std::log2(p.place.row_parts));
  const double slice_sums =
      p.outputs() * (design.cells.conversions - 1) * (out_bits + design.precision.weight_bits);
  Movement m;
  m.buffer_bits = read + p.outputs() * out_bits;
  m.bus_bits = read + p.outputs() * out_bits + partial_sums;
  m.hop_bits = p.outputs() * out_bits * hops + (p.layer->first ? p.positions() * p.fresh() * in_bits : 0);
  m.sum_bits = partial_sums + slice_sums;
  return m;
}

/// Layers overlap in a pipeline: time is no sum over components, and the layers say it.
void clear_latency(Cost& cost) {
  cost.latency_s = 0;
  for (auto& below : cost.parts) clear_latency(below);
}

std::vector<Placed> place_all(const Design& design, const std::vector<LayerShape>& layers,
                              const std::vector<ArrayKind>& kinds) {
  std::vector<Placed> placed;
  std::vector<double> positions, arrays;
  double once = 0;
  const std::vector<std::size_t> kind_of = kinds_by_layer(kinds, layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (!layers[l].analog) continue;
    const Design& own = kinds[kind_of[l]].design;
    Placed p{.layer = &layers[l], .design = &own, .kind = kind_of[l], .place = place(own, layers[l])};
    once += p.place.arrays;
    positions.push_back(p.positions());
    arrays.push_back(p.place.arrays);
    placed.push_back(std::move(p));
  }
  const double available =
      design.chip.arrays > 0 ? static_cast<double>(design.chip.arrays) : std::floor(once * design.chip.spare);
  if (available < once) {
    const Design& first = kinds.front().design;
    const std::string size = kinds.size() == 1 ? fmt::format(" of {}×{}", first.rows, first.cols) : "";
    throw core::InvalidInput(
        fmt::format("the network needs {:.0f} arrays{} and the chip has {:.0f}", once, size, available));
  }
  if (design.chip.replicate) {
    const auto copies = copies_for(positions, arrays, available);
    for (std::size_t i = 0; i < placed.size(); ++i) placed[i].copies = copies[i];
  }
  double tile = 0;
  for (auto& p : placed) {  // no tile is shared by layers, so none holds arrays of two kinds
    p.tiles = std::ceil(p.place.arrays * p.copies / design.chip.arrays_per_tile);
    p.first_tile = tile;
    tile += p.tiles;
  }
  return placed;
}

/// Digital parts of all tiles: they are there whether they are used or not.
void add_tile_area(const Design& design, double tiles, Cost& buffers, Cost& routing, Cost& activations) {
  const auto& t = design.technology;
  const double bits = tiles * design.chip.tile_buffer_bits;
  buffers.area_m2 =
      design.chip.edram ? bits * t.edram.area : bits * t.sram.cell_area / t.sram.array_efficiency;
  buffers.leakage_w = design.chip.edram ? 0 : bits * t.sram.leakage;
  routing.area_m2 = tiles * t.interconnect.router_area;
  routing.leakage_w = routing.area_m2 * t.logic.leakage;
  activations.area_m2 = tiles * design.chip.arrays_per_tile * t.logic.activation_area;
  activations.leakage_w = activations.area_m2 * t.logic.leakage;
}

/// What all arrays of the chip would do if they were full and always busy.
struct Peak {
  double tops = 0, tops_per_w = 0;
};

/// Each kind counts by the reads that its layers need, were its arrays full, and by the arrays that it has.
Peak peak_of(const ChipCost& chip, double ops_per_mac) {
  struct Full {
    double macs = 0, energy_j = 0, cycle_s = 0, reads = 0, arrays = 0, conversions = 1, cells = 1;
  };
  std::vector<Full> kinds;
  double all_reads = 0;
  for (const auto& kind : chip.kinds) {
    const Design& design = kind.design;
    const Region whole{design.rows, design.cols};
    const Cost read = kernel_cost(design, Kernel::vmm, whole, whole, design.activity);
    Full full{.macs = static_cast<double>(design.rows) * static_cast<double>(design.cols) /
                      design.cells.conversions,
              .energy_j = read.energy_j,
              .cycle_s = cycle_time(design, read),
              .conversions = static_cast<double>(design.cells.conversions),
              .cells = static_cast<double>(design.cells.arrays())};
    full.reads = kind.macs / full.macs;
    all_reads += full.reads;
    kinds.push_back(full);
  }
  for (const auto& layer : chip.layers) kinds[layer.kind].arrays += layer.arrays;
  Peak peak;
  double macs = 0, energy_j = 0;
  for (const auto& kind : kinds) {
    if (kind.arrays == 0) continue;  // its layers are in digital logic
    const double share = kind.reads / all_reads;
    macs += share * kind.macs;
    energy_j += share * kind.energy_j;
    peak.tops += ops_per_mac * kind.macs / kind.cycle_s * kind.arrays / kind.cells * kind.conversions * 1e-12;
  }
  if (energy_j > 0) peak.tops_per_w = ops_per_mac * macs / energy_j * 1e-12;
  return peak;
}

/// Layers that stay digital: weights from a buffer, one product after the other.
double digital_layer_energy(const Design& design, const LayerShape& layer) {
  const auto& t = design.technology;
  const double bits = design.precision.weight_bits + design.precision.input_bits;
  return layer.macs() *
             (t.logic.mac_energy * design.precision.input_bits * design.precision.weight_bits / 64 +
              bits * t.logic.register_energy) +
         layer.weights() * design.precision.weight_bits * buffer_energy(design);
}

}  // namespace

ChipCost chip_cost(const Design& design, const std::vector<LayerShape>& layers) {
  if (layers.empty()) throw core::InvalidInput("a network without layers costs nothing");
  const auto& t = design.technology;
  ChipCost chip;
  chip.kinds = kinds_of(design, layers);
  const std::vector<Placed> placed = place_all(design, layers, chip.kinds);
  double cells = 0, cells_there = 0;
  for (const auto& p : placed) {
    chip.arrays += p.place.arrays * p.copies;
    chip.tiles += p.tiles;
  }
  chip.mesh_side = std::ceil(std::sqrt(std::max(chip.tiles, 1.0)));

  Cost arrays = part("arrays", 0, nullptr);
  arrays.count = 0;
  Cost buffers = part("buffers", 0, design.chip.edram ? t.edram.energy.source : t.sram.buffer_energy.source);
  Cost bus = part("tile bus", 0, t.interconnect.bus_energy.source);
  Cost routing = part("routers", 0, t.interconnect.router_energy.source);
  Cost sums = part("partial sums", 0, t.logic.adder_energy.source);
  Cost activations = part("activations", 0, t.logic.activation_energy.source);
  add_tile_area(design, chip.tiles, buffers, routing, activations);
  const double bit_j = buffer_energy(design);

  for (std::size_t i = 0; i < placed.size(); ++i) {
    const Placed& p = placed[i];
    const double hops = i + 1 < placed.size()
                            ? hops_between(p, placed[i + 1], chip.mesh_side, design.chip.arrays_per_tile)
                            : 1;
    const Movement m = movement_of(p, hops);
    const Cost fired = arrays_cost(p, Kernel::vmm);
    const Stage stage = stage_of(p, fired);

    LayerCost layer{
        .name = p.layer->name, .kind = p.kind, .weights = p.layer->weights(), .macs = p.layer->macs()};
    layer.arrays = p.place.arrays * p.copies;
    layer.copies = p.copies;
    layer.tiles = p.tiles;
    layer.utilization = p.place.utilization;
    layer.steps = p.steps();
    layer.stage_s = stage.interval_s;
    layer.latency_s = stage.latency_s + hops / t.logic.clock;
    const std::array<double, 5> energies{m.buffer_bits * bit_j, m.bus_bits * t.interconnect.bus_energy,
                                         m.hop_bits * t.interconnect.router_energy,
                                         m.sum_bits * (t.logic.adder_energy + t.logic.register_energy),
                                         p.outputs() * t.logic.activation_energy};
    buffers.energy_j += energies[0];
    bus.energy_j += energies[1];
    routing.energy_j += energies[2];
    sums.energy_j += energies[3];
    activations.energy_j += energies[4];
    layer.energy_j = fired.energy_j;
    for (const double energy : energies) layer.energy_j += energy;
    merge(arrays, fired, Timing::sequence);

    if (layer.stage_s > chip.interval_s) {
      chip.interval_s = layer.stage_s;
      chip.bottleneck = layer.name;
    }
    chip.latency_s += layer.latency_s;
    const double there =
        layer.arrays * static_cast<double>(p.place.whole.rows) * static_cast<double>(p.place.whole.cols);
    cells += p.place.utilization * there;
    cells_there += there;
    chip.layers.push_back(std::move(layer));
  }
  double macs = 0;
  Cost digital = part("digital layers", 0, t.logic.mac_energy.source);
  const std::vector<std::size_t> kind_of = kinds_by_layer(chip.kinds, layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const LayerShape& layer = layers[l];
    macs += layer.macs();
    if (layer.analog) continue;
    LayerCost entry{.name = layer.name, .kind = kind_of[l], .weights = layer.weights(), .macs = layer.macs()};
    entry.energy_j = digital_layer_energy(chip.kinds[entry.kind].design, layer);
    digital.energy_j += entry.energy_j;
    chip.layers.push_back(std::move(entry));
  }
  chip.ops_per_image = macs * design.chip.ops_per_mac;
  chip.utilization = cells_there > 0 ? cells / cells_there : 0;

  // What ever more of the chip leaves of the efficiency.
  double spent = 0;
  const auto lose = [&](const char* what, double energy) {
    spent += energy;
    if (spent > 0) chip.losses.push_back({what, chip.ops_per_image / spent * 1e-12});
  };
  const Peak peak = peak_of(chip, design.chip.ops_per_mac);
  if (peak.tops > 0) chip.losses.push_back({"arrays full", peak.tops_per_w});
  chip.peak_tops = peak.tops;
  lose("arrays as the layers fill them", arrays.energy_j);
  lose("and buffers", buffers.energy_j + bus.energy_j);
  lose("and routing", routing.energy_j);
  lose("and partial sums and activations", sums.energy_j + activations.energy_j + digital.energy_j);

  chip.image.name = "image";
  for (Cost* cost : {&arrays, &buffers, &bus, &routing, &sums, &activations})
    chip.image.add(std::move(*cost));
  if (digital.energy_j > 0) chip.image.add(std::move(digital));
  Cost leakage = part("leakage", chip.image.leakage_w * chip.interval_s, t.logic.leakage.source);
  lose("and leakage", leakage.energy_j);
  chip.image.add(std::move(leakage));
  clear_latency(chip.image);
  return chip;
}

TrainingCost training_cost(const Design& design, const std::vector<LayerShape>& layers) {
  const ChipCost inference = chip_cost(design, layers);
  TrainingCost cost;
  for (const Placed& p : place_all(design, layers, inference.kinds)) {
    const Cost forward = arrays_cost(p, Kernel::vmm), update = arrays_cost(p, Kernel::opu);
    cost.vmm_j += forward.energy_j;
    cost.opu_j += update.energy_j;
    const double alone = p.layer->sequential ? p.copies : 1;  // copies don't share the vectors of an image
    cost.latency_s += alone * forward.latency_s + update.latency_s;
    if (p.layer->first) continue;
    const Cost backward = arrays_cost(p, Kernel::mvm);
    cost.mvm_j += backward.energy_j;
    cost.latency_s += alone * backward.latency_s;
  }
  const double others = inference.energy_j() - cost.vmm_j;  // buffers, routing, digital work, leakage
  cost.energy_j = cost.vmm_j + cost.mvm_j + cost.opu_j + 2 * others;
  return cost;
}

}  // namespace mho::hardware
