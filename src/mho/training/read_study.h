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
  bool centred_inputs = true;  ///< x = (raw - mean)/(2·std), both of the whole training set
  std::string checkpoint;      ///< file; "": none
  double checkpoint_every_s = 30;
};

/// Wrong values and combinations become complaints of `study`.
TrainingStudy read_training(core::Config& study);

/// Loads a set into memory, flattened (height, width, channels innermost). Throws InvalidInput where it has
/// no labels.
Samples load_samples(const network::Dataset& set);

/// Of a set: mean and standard deviation of all its numbers.
struct Centring {
  double mean = 0, deviation = 0.5;
};
/// Throws InvalidInput where all numbers are the same. `source`: of the samples, for that.
Centring centring_of(const Samples& samples, const std::string& source);
/// x ← (x - mean)/(2·deviation).
void centre(Samples& samples, const Centring& centring);
/// That, as a part of what happens to images before.
network::Preprocess with_centring(network::Preprocess preprocess, const Centring& centring);

}  // namespace mho::training
