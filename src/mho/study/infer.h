#pragma once
// Task "infer": how accurate a trained network is in float, on an 8-bit digital accelerator, and on many
// analog chips.

#include <memory>

#include "mho/study/task.h"

namespace mho::study {

std::unique_ptr<Task> make_infer();

}  // namespace mho::study
