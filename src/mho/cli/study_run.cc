#include "mho/cli/study_run.h"

#include <fmt/core.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/progress.h"
#include "mho/report/page.h"
#include "mho/report/result_view.h"
#include "mho/report/text.h"
#include "mho/report/training_view.h"
#include "mho/study/document.h"
#include "mho/study/infer.h"
#include "mho/study/train.h"

namespace mho::cli {
namespace {

namespace fs = std::filesystem;

/// Hours of work should not end with a folder that is not there.
void check_folder_of(const std::string& path) {
  const auto folder = fs::path(path).parent_path();
  if (!path.empty() && !folder.empty() && !fs::is_directory(folder)) {
    throw core::InvalidInput(fmt::format("{}: there is no folder {}", path, folder.string()));
  }
}

/// Finished trials lie beside the JSON until it is written; nowhere if that is a pipe or a device.
std::string store_of(const StudyArguments& arguments, const std::string& json_file) {
  if (!arguments.store.empty() || json_file.empty()) return arguments.store;
  return fs::exists(json_file) && !fs::is_regular_file(json_file) ? "" : json_file + ".partial";
}

void print_result(const nlohmann::ordered_json& result, const std::string& name) {
  const auto rows = report::rows_of(result, name);
  if (rows.empty()) return;
  const auto& first = rows.front();
  fmt::print("{} on {}: {} images, seed {}\n\n{}", first.network, first.data,
             report::with_thousands(first.images), result.value("seed", 0), report::comparison_text(rows));
  if (rows.size() == 1) {
    fmt::print("\n{}", report::layers_text(first));
    if (first.images_per_s > 0) {
      fmt::print("\n{} images a second through the arrays, {} in all\n",
                 report::with_thousands(first.images_per_s), report::seconds_text(first.wall_s));
    }
  }
  if (!first.analog.empty()) fmt::print("± is half the 95% confidence interval of the mean over chips\n");
}

/// What to run, and how its result reads on a terminal.
struct Task {
  std::function<nlohmann::ordered_json(const study::RunOptions&)> run;
  std::function<void(const nlohmann::ordered_json&)> print;
  std::string unit;  ///< of progress
};

/// Runs with progress on the terminal, prints, writes JSON and page. Returns the result.
nlohmann::ordered_json run_task(const Task& task, study::RunOptions options, const StudyArguments& arguments,
                                const Common& common) {
  check_folder_of(common.json_file);
  check_folder_of(arguments.report);
  std::string shown;
  std::unique_ptr<core::Progress> progress;
  options.threads = common.threads;
  options.progress = [&](const std::string& what, std::size_t done, std::size_t total) {
    if (!progress || what != shown) {
      progress.reset();  // clears its line
      progress = std::make_unique<core::Progress>(shown = what, task.unit);
    }
    progress->report(done, total);
  };
  options.warn = [&](const std::string& message) {
    progress.reset();
    fmt::print(stderr, "mho: {}\n", message);
  };
  auto result = task.run(options);
  progress.reset();
  task.print(result);
  if (!common.json_file.empty()) study::write_document(common.json_file, result);
  if (!arguments.report.empty()) {
    core::write_file(arguments.report, report::html_page({{arguments.file.path, result}}));
    fmt::print("report: {}\n", arguments.report);
  }
  return result;
}

}  // namespace

void add_run_options(CLI::App& verb, StudyArguments& arguments) {
  verb.add_option("study", arguments.file.path, "study file (TOML)")->required();
  verb.add_option("--set", arguments.file.settings,
                  "KEY=VALUE over the study, e.g. --set adc.bits=4; may be repeated")
      ->type_size(1)
      ->allow_extra_args(false);
  verb.add_option("--report", arguments.report, "also write a page with pictures (HTML)");
  verb.add_option("--store", arguments.store,
                  "keep finished trials in this SQLite file; what is in it is not computed again");
}

void run_inference_study(const core::Config& study, const StudyArguments& arguments, Common& common) {
  study::RunOptions options;
  options.store = store_of(arguments, common.json_file);
  const auto result = run_task({[&](const auto& o) { return study::run_infer(study, o); },
                                [&](const auto& r) { print_result(r, arguments.file.path); }, "images"},
                               options, arguments, common);
  if (result.value("interrupted", false)) {
    fmt::print(stderr, "mho: interrupted; the trials above were finished{}\n",
               options.store.empty() ? "" : fmt::format("; the same command goes on ({})", options.store));
    common.exit_code = 130;
  } else if (arguments.store.empty() && !options.store.empty()) {
    std::error_code ignored;
    fs::remove(options.store, ignored);
  }
}

void run_training_study(const core::Config& study, const StudyArguments& arguments, Common& common) {
  const auto print = [&](const nlohmann::ordered_json& result) {
    fmt::print("{}", report::training_text(report::training_rows(result)));
    fmt::print("± is half the 95% confidence interval of the mean over trials\n");
  };
  const auto result = run_task({[&](const auto& o) { return study::run_train(study, o); }, print, "samples"},
                               {}, arguments, common);
  if (result.value("interrupted", false)) {
    const bool kept = !study.root().table("training").text("checkpoint", "").empty();
    fmt::print(stderr, "mho: interrupted{}\n",
               kept ? "; the same command goes on from the checkpoint"
                    : "; training.checkpoint names a file to go on from");
    common.exit_code = 130;
  }
}

}  // namespace mho::cli
