#pragma once
// The kinds of arrays on a chip: layers with settings of their own lie on arrays of their own size and with
// converters of their own.

#include <cstddef>
#include <vector>

#include "mho/hardware/design.h"
#include "mho/hardware/layer_shape.h"

namespace mho::hardware {

/// Arrays that are built and driven alike, and the layers on them.
struct ArrayKind {
  Design design;                    ///< as large as its largest layer where the study leaves the size open
  std::vector<std::size_t> layers;  ///< their numbers; layers in digital logic count by their bits
  double macs = 0;                  ///< for one image, of the layers on arrays
};

/// Layers by kinds, in the order in which the kinds first come. A layer without a design has the chip's;
/// signs of inputs are as Activity::inputs_signed says where that is known. Throws InvalidInput where a
/// layer makes no matrix.
std::vector<ArrayKind> kinds_of(const Design& chip, const std::vector<LayerShape>& layers);

/// Number of the kind of every layer.
std::vector<std::size_t> kinds_by_layer(const std::vector<ArrayKind>& kinds, std::size_t layers);

/// The kind that does most of the multiply-accumulates: its array is what single kernels are shown for.
const ArrayKind& main_kind(const std::vector<ArrayKind>& kinds);

}  // namespace mho::hardware
