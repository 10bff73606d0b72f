#pragma once
// Kernels of an analog array, from the physics of lines, cells and converters (docs/theory/hardware.md).

#include "mho/hardware/kernels.h"

namespace mho::hardware {

/// How an input is applied: times and counts that the bits and the coding decide.
struct Drive {
  double drive_s = 0;                 ///< lines are driven so long in all [s]
  double on_s = 0;                    ///< of that, a full-scale input [s]
  double toggles = 1;                 ///< charges of a driven line, at full scale
  bool toggles_follow_input = false;  ///< only the share mean_input of them happens
  double samples = 1;                 ///< pulses that a sensed line samples
  double steps = 0;                   ///< integration steps (pulse-train)
  int conversions = 1;                ///< of a sensed line
  int conversion_bits = 8;            ///< sum of the bits of those conversions
  double phases = 1;
};

/// Times and counts of one product. Source: the coding's own geometry, section "Inputs" of the theory page.
Drive drive_of(const AnalogTile& tile, const Technology& technology, const Precision& precision);

Cost analog_read(const Design& design, bool transposed, Region whole, Region used, const Activity& activity);
Cost analog_update(const Design& design, Region whole, Region used, const Activity& activity);

}  // namespace mho::hardware
