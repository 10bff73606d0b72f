#pragma once
// Kernels of a digital core: a memory whose rows are read one after the other into multiply-accumulate
// units, one a column (the SRAM and digital ReRAM cores that analog tiles are compared with).

#include "mho/hardware/kernels.h"

namespace mho::hardware {

/// Energy of moving one bit between the edge of the macro and a cell: a wire as long as the macro's side.
double digital_wire_energy(const Design& design, Region whole);

Cost digital_product(const Design& design, bool transposed, Region whole, Region used);
Cost digital_update(const Design& design, Region whole, Region used);

}  // namespace mho::hardware
