#pragma once
// Section [study]: how often, from which seed, with how many threads.

#include <cstdint>

#include "mho/core/config.h"

namespace mho::study {

struct StudySettings {
  std::uint64_t seed = 1;
  std::uint32_t trials = 10;  ///< chips; 0 stops after float and digital
  int threads = 0;            ///< 0: all cores
};

/// `trials`: where the study doesn't say.
StudySettings read_study_settings(const core::Config& study, std::uint32_t trials = 10);

}  // namespace mho::study
