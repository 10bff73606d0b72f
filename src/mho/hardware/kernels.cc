#include "mho/hardware/kernels.h"

#include <algorithm>

#include "mho/hardware/analog_kernels.h"
#include "mho/hardware/digital_kernels.h"

namespace mho::hardware {

std::string_view name(Kernel kernel) {
  switch (kernel) {
    case Kernel::vmm:
      return "vmm";
    case Kernel::mvm:
      return "mvm";
    case Kernel::opu:
      return "opu";
  }
  return "";
}

Cost kernel_cost(const Design& design, Kernel kernel, Region whole, Region used, const Activity& activity) {
  if (design.tile.digital) {
    return kernel == Kernel::opu ? digital_update(design, whole, used)
                                 : digital_product(design, kernel == Kernel::mvm, whole, used);
  }
  return kernel == Kernel::opu ? analog_update(design, whole, used, activity)
                               : analog_read(design, kernel == Kernel::mvm, whole, used, activity);
}

Cost kernel_cost(const Design& design, Kernel kernel) {
  Design one = design;
  one.cells = {};  // one cell a weight: a kernel is of one array
  const Region whole{design.rows, design.cols};
  return kernel_cost(one, kernel, whole, whole, design.activity);
}

double cycle_time(const Design& design, const Cost& read) {
  if (design.tile.digital || !design.tile.analog.read.overlapped) return read.latency_s;
  const Cost* converters = find_part(read, "converters");
  const double conversion = converters ? converters->latency_s : 0;
  return std::max(conversion, read.latency_s - conversion);
}

}  // namespace mho::hardware
