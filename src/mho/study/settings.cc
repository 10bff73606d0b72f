#include "mho/study/settings.h"

#include <limits>

namespace mho::study {

StudySettings read_study_settings(const core::Config& study, std::uint32_t trials) {
  const auto table = study.root().table("study");
  StudySettings out;
  out.seed = static_cast<std::uint64_t>(table.integer("seed", 1, 0));
  out.trials = static_cast<std::uint32_t>(table.integer("trials", trials, 0, 1'000'000));
  out.threads = static_cast<int>(table.integer("threads", 0, 0, 4096));
  return out;
}

}  // namespace mho::study
