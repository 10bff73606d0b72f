#include "mho/study/settings.h"

#include "mho/study/keys.h"

namespace mho::study {

StudySettings read_study_settings(const core::Config& study, std::uint32_t trials) {
  const auto table = study.root().table("study");
  StudySettings out;
  out.seed = static_cast<std::uint64_t>(table.integer(keys::seed));
  out.trials = static_cast<std::uint32_t>(table.integer(core::with_fallback(keys::trials, trials)));
  out.threads = static_cast<int>(table.integer(keys::threads));
  return out;
}

}  // namespace mho::study
