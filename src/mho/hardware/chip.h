#pragma once
// A network on a chip: layers on arrays, arrays in tiles, tiles on a mesh; what an image costs, how fast
// images go through, and where the efficiency of the bare array is lost.

#include <string>
#include <vector>

#include "mho/hardware/array_kinds.h"
#include "mho/hardware/cost.h"
#include "mho/hardware/layer_shape.h"
#include "mho/hardware/mapping.h"

namespace mho::hardware {

struct LayerCost {
  std::string name;
  std::size_t kind = 0;  ///< of its arrays: number in ChipCost::kinds
  double weights = 0, macs = 0;
  double arrays = 0;  ///< all copies
  double copies = 1;
  double tiles = 0;
  double utilization = 0;  ///< of the cells of its arrays
  double steps = 0;    ///< vectors of an image one after the other: that one copy takes, or all (sequential)
  double stage_s = 0;  ///< what an image takes of the pipeline: copies share it
  double latency_s = 0;  ///< of an image alone in this layer
  double energy_j = 0;   ///< of an image
};

/// The same operations for the energy of ever more of the chip.
struct Efficiency {
  std::string what;
  double tops_per_w = 0;
};

struct ChipCost {
  std::vector<ArrayKind> kinds;   ///< tiles hold arrays of one kind
  std::vector<LayerCost> layers;  ///< those on arrays, then those in digital logic
  Cost image;                     ///< energy of one image and area of the chip, by parts; no latencies
  double ops_per_image = 0;
  double arrays = 0, tiles = 0, mesh_side = 0;
  double utilization = 0;  ///< of all cells
  double latency_s = 0;    ///< of one image alone, layer after layer
  double interval_s = 0;   ///< between images in the pipeline
  double peak_tops = 0;    ///< all arrays full and always busy
  std::string bottleneck;  ///< the layer that sets the interval
  std::vector<Efficiency> losses;

  double energy_j() const { return image.energy_j; }
  double area_m2() const { return image.area_m2; }
  double images_per_s() const { return 1 / interval_s; }
  double tops() const { return ops_per_image * images_per_s() * 1e-12; }
  double tops_per_w() const { return ops_per_image / image.energy_j * 1e-12; }
  double tops_per_mm2() const { return tops() / (image.area_m2 * 1e6); }
  /// Time for a batch: the first image passes every layer, the others follow at the interval.
  double batch_s(double images) const { return latency_s + (images - 1) * interval_s; }
};

/// Layers are taken as a chain in their order; branches and shortcuts add no traffic of their own. Each has
/// the arrays of its own design where it has one; technology, periphery and ChipOptions are those of
/// `design`. Throws InvalidInput where there are no layers or the chip has fewer arrays than they need.
ChipCost chip_cost(const Design& design, const std::vector<LayerShape>& layers);

/// A training image through the arrays: product, transposed product (not for the first layer) and update of
/// every vector, layer after layer. Digital work and data movement as in inference, twice.
struct TrainingCost {
  double energy_j = 0, latency_s = 0;      ///< of an image
  double vmm_j = 0, mvm_j = 0, opu_j = 0;  ///< of the kernels
};
TrainingCost training_cost(const Design& design, const std::vector<LayerShape>& layers);

}  // namespace mho::hardware
