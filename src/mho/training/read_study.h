#pragma once
// Section [training] of a study, with what it takes from [data], [device], [input], [adc] and [wires].

#include <string>

#include "mho/core/config.h"
#include "mho/network/data/dataset.h"
#include "mho/training/trainer.h"

namespace mho::training {

struct TrainingStudy {
  TrainingOptions options;
  network::DataSettings train, test;
  bool centred_inputs = true;  ///< x = (raw - mean)/(2·std) over the whole set, each set by its own
  std::string checkpoint;      ///< file; "": none
  double checkpoint_every_s = 30;
};

/// Wrong values and combinations become complaints of `study`.
TrainingStudy read_training(core::Config& study);

/// Loads a set into memory, flattened (height, width, channels innermost), and centres it where asked.
/// `shape` is its image shape.
Samples load_samples(const network::DataSettings& settings, bool centred, ImageShape& shape);
/// The same of a set that is open.
Samples load_samples(const network::Dataset& set, bool centred, ImageShape& shape);

}  // namespace mho::training
