#include "mho/study/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/study/cost.h"
#include "mho/study/infer.h"
#include "mho/study/keys.h"
#include "mho/study/mvm.h"
#include "mho/study/train.h"

namespace mho::study {
namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Task> (*make)();
};
constexpr std::array kTasks{Entry{"infer", make_infer}, Entry{"train", make_train}, Entry{"cost", make_cost},
                            Entry{"mvm", make_mvm}};
static_assert(kTasks.size() == keys::kTasks &&
              std::equal(kTasks.begin(), kTasks.end(), std::begin(keys::task.words),
                         [](const Entry& entry, const auto& word) { return entry.name == word.word; }));

}  // namespace

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const auto& task : kTasks) names.emplace_back(task.name);
  return names;
}

std::unique_ptr<Task> make_task(std::string_view name) {
  for (const auto& task : kTasks) {
    if (task.name == name) return task.make();
  }
  throw core::InvalidInput(
      fmt::format("there is no task \"{}\"; the tasks are {}", name, fmt::join(task_names(), ", ")));
}

std::string task_of(const core::Config& study) {
  const auto root = study.root();
  const auto names = task_names();
  const auto given = root.any("task", "infer");
  if (std::find(names.begin(), names.end(), given) != names.end()) return given.get<std::string>();
  root.word("task", "infer", names);  // complains
  for (const auto& key : root.keys()) root.ignore(key);
  study.finish();
  return "infer";  // never: finish() throws
}

core::Config as_task(const core::Config& study, std::string_view name) {
  const auto names = task_names();
  const auto given = study.root().any("task", "infer");
  const bool known = std::find(names.begin(), names.end(), given) != names.end();
  return known && given != name ? study.with("task", fmt::format("\"{}\"", name)) : study;
}

}  // namespace mho::study
