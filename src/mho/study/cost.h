#pragma once
// Task "cost": what a design costs, from its components to the study's network on a chip.

#include <memory>

#include "mho/study/task.h"

namespace mho::study {

/// The network is an ONNX file, whose weights need not be there, a descriptor of cards/networks, or none.
std::unique_ptr<Task> make_cost();

}  // namespace mho::study
