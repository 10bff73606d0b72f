#include "mho/cli/study_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/library.h"
#include "mho/core/progress.h"
#include "mho/report/page.h"
#include "mho/report/result_text.h"
#include "mho/study/document.h"
#include "mho/study/overrides.h"
#include "mho/study/resolved.h"
#include "mho/study/runner.h"
#include "mho/study/tasks.h"

namespace mho::cli {
namespace {

namespace fs = std::filesystem;

/// Hours of work should not end with a folder that is not there.
void check_writable(const std::string& path) {
  if (const auto why = core::why_not_writable(path); !why.empty())
    throw core::InvalidInput(fmt::format("{}: {}", path, why));
}

/// Finished trials lie beside the JSON until it is written; nowhere if that is a pipe or a device.
std::string store_of(const study::Task& task, const StudyArguments& arguments, const std::string& json_file) {
  if (!arguments.store.empty()) return arguments.store;
  if (json_file.empty() || !task.keeps_nothing_because().empty()) return "";
  return fs::exists(json_file) && !fs::is_regular_file(json_file) ? "" : json_file + ".partial";
}

/// Said after an interruption.
std::string how_to_go_on(const study::Task& task, const study::RunOptions& options) {
  if (!options.store.empty()) return fmt::format("the same command goes on ({})", options.store);
  return task.keeps_nothing_because().empty() ? "--json FILE or --store FILE would keep it for later"
                                              : "the same command starts anew";
}

/// A line of progress at a time, and warnings that don't break it.
class Terminal {
 public:
  explicit Terminal(std::string_view unit) : unit_(unit) {}

  study::Reporting reporting() {
    return {.progress =
                [this](const std::string& what, std::size_t done, std::size_t total) {
                  if (!progress_ || what != shown_) {
                    progress_.reset();  // clears its line
                    progress_ = std::make_unique<core::Progress>(shown_ = what, unit_);
                  }
                  progress_->report(done, total);
                },
            .warn =
                [this](const std::string& message) {
                  progress_.reset();
                  fmt::print(stderr, "mho: {}\n", message);
                }};
  }

 private:
  std::string unit_, shown_;
  std::unique_ptr<core::Progress> progress_;
};

}  // namespace

void add_study_options(CLI::App& verb, StudyArguments& arguments) {
  verb.add_option("study", arguments.path, "study file (TOML), or a result (JSON), whose study is run again");
  verb.add_option("--set", arguments.settings,
                  "KEY=VALUE over the study, e.g. --set adc.bits=4; may be repeated")
      ->type_size(1)
      ->allow_extra_args(false);
  verb.add_option("--report", arguments.report, "also write a page with pictures (HTML)");
  verb.add_option(
      "--store", arguments.store,
      "keep finished trials in this file, or in results.sqlite of this folder; what is there is not "
      "computed again");
}

core::Config read_study(const StudyArguments& arguments) {
  const auto library = std::make_shared<core::Library>();
  core::Config study = study::load_study(library->locate(arguments.path, ""), library);
  for (const auto& setting : arguments.settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw core::InvalidInput(fmt::format("--set {}: must be KEY=VALUE, as adc.bits=4", setting));
    }
    study = study::with_setting(study, setting.substr(0, equals), setting.substr(equals + 1),
                                [](const std::string& line) { fmt::print(stderr, "mho: {}\n", line); });
  }
  return study;
}

nlohmann::ordered_json run_study(std::string_view name, const core::Config& study,
                                 const StudyArguments& arguments, Common& common) {
  for (const auto& setting : arguments.settings) {
    if (setting.starts_with("task=") && !name.empty())
      fmt::print(stderr, "mho: --set {}: the verb {} says the task; mho run takes another\n", setting, name);
  }
  check_writable(common.json_file);
  check_writable(arguments.report);
  if (!fs::is_directory(arguments.store)) check_writable(arguments.store);
  const auto task = study::make_task(name.empty() ? study::task_of(study) : name);
  study::RunOptions options{.store = store_of(*task, arguments, common.json_file), .threads = common.threads};
  nlohmann::ordered_json result;
  {
    Terminal terminal(task->unit());
    options.reporting = terminal.reporting();
    result = study::run(*task, study, options);
  }
  if (arguments.path.ends_with(".json") && arguments.settings.empty() &&
      !result.value("interrupted", false)) {
    const auto before = study::read_document(arguments.path).value("identity", "");
    if (!before.empty() && before != result.value("identity", ""))
      fmt::print(
          stderr,
          "mho: these are other numbers than those of {}: the files that its study names, found from here, "
          "hold other contents, or mho's answers have changed since\n",
          arguments.path);
  }
  fmt::print("{}", report::result_text(result, arguments.path));
  if (!common.json_file.empty()) study::write_document(common.json_file, result);
  if (!arguments.report.empty()) {
    core::write_file(arguments.report, report::html_page({{arguments.path, result}}));
    fmt::print("report: {}\n", arguments.report);
  }
  if (result.value("interrupted", false)) {
    fmt::print(stderr, "mho: interrupted; what was finished stands above; {}\n",
               how_to_go_on(*task, options));
    common.exit_code = 130;
  } else if (arguments.store.empty() && !options.store.empty()) {
    std::error_code ignored;
    fs::remove(options.store, ignored);
  }
  return result;
}

}  // namespace mho::cli
