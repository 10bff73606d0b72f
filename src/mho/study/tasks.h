#pragma once
// The tasks that there are.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mho/core/config.h"
#include "mho/study/task.h"

namespace mho::study {

/// In the order in which they are listed for people.
std::vector<std::string> task_names();

/// Throws InvalidInput, with the names, for any other.
std::unique_ptr<Task> make_task(std::string_view name);

/// What a study's `task` says, "infer" where it says nothing. Throws InvalidInput for a word that is no task.
std::string task_of(const core::Config& study);

/// The study with `task` = `name`, whichever task it was written for; a word that is no task stays, to be
/// complained of when the study is read.
core::Config as_task(const core::Config& study, std::string_view name);

}  // namespace mho::study
