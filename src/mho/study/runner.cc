#include "mho/study/runner.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "mho/core/error.h"
#include "mho/core/interrupt.h"
#include "mho/core/parallel.h"
#include "mho/core/runtime.h"
#include "mho/study/document.h"
#include "mho/study/finished.h"
#include "mho/study/key_registry.h"
#include "mho/study/resolved.h"
#include "mho/study/sweep.h"
#include "mho/study/tasks.h"

namespace mho::study {

using json = nlohmann::ordered_json;

namespace {

/// A point that is read and checked, with the study that it comes from.
struct OpenPoint {
  core::Config study;
  std::unique_ptr<Point> point;
};

/// Throws everything that is wrong with one point.
OpenPoint open(Task& task, const core::Config& given, std::size_t number) {
  core::Config study = study_for(given, task.name());
  const auto root = study.root();
  if (root.word("task", task.name(), task_names()) != task.name())
    root.complain("task", "is that of the whole study: no point has one of its own");
  auto point = task.read(study, number);
  study.finish();
  point->check();
  return {std::move(study), std::move(point)};
}

/// Opens every point and closes it again. Throws what is wrong with all of them, each complaint once;
/// returns their resolved studies.
std::vector<json> check_all(Task& task, const std::vector<SweepPoint>& points) {
  std::vector<json> resolved;
  std::string wrong;
  std::set<std::string> said;
  for (std::size_t p = 0; p < points.size() && !core::interrupted(); ++p) {
    try {
      resolved.emplace_back(open(task, points[p].study, p + 1).study.resolved());
    } catch (const core::InvalidInput& error) {
      std::istringstream lines(error.what());
      for (std::string line; std::getline(lines, line);) {
        if (said.insert(line).second) wrong += (wrong.empty() ? "" : "\n") + line;
      }
    }
  }
  if (!wrong.empty()) throw core::InvalidInput(wrong);
  return resolved;
}

/// Computes the pieces that are not finished, those of a point that allows it at the same time.
void compute(Point& point, const std::vector<Piece>& pieces, FinishedWork& finished,
             const Reporting& reporting, Work& work) {
  std::vector<Piece> unfinished;
  std::vector<std::size_t> places;  // of the unfinished among the records
  for (const auto& piece : pieces) {
    if (auto values = finished.find(piece)) {
      work.records.push_back({.piece = piece, .values = std::move(*values), .found = true});
      continue;
    }
    places.push_back(work.records.size());
    unfinished.push_back(piece);
    work.records.push_back({.piece = piece, .finished = false});
  }
  if (!unfinished.empty() && !core::interrupted()) {
    point.prepare(unfinished, reporting);
    const auto one = [&](std::size_t i) {
      if (core::interrupted()) return;
      Record record = point.run(unfinished[i], reporting);
      if (record.finished) finished.keep(unfinished[i], record.values);
      work.records[places[i]] = std::move(record);
    };
    if (point.side_by_side()) {
      core::parallel_for(unfinished.size(), 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) one(i);
      });
    } else {
      for (std::size_t i = 0; i < unfinished.size(); ++i) one(i);
    }
  }
  // Pieces that were not reached have nothing to say.
  std::erase_if(work.records, [](const Record& r) { return !r.finished && r.values.is_null(); });
}

json run_point(Point& point, const core::Config& study, const std::string& label, FinishedWork& finished,
               const Reporting& reporting) {
  const auto start = std::chrono::steady_clock::now();
  Work work;
  for (auto pieces = point.pieces(work); !pieces.empty() && !core::interrupted();
       pieces = point.pieces(work)) {
    finished.describe(pieces.back(), label, study.resolved());
    compute(point, pieces, finished, reporting, work);
  }
  work.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  json out = point.summarize(work, reporting);
  out["identity"] = point.identity().text();
  out["study"] = json(study.resolved());
  return out;
}

/// Of the identities of all points, in their order.
std::string identity_of_sweep(const std::vector<json>& results) {
  core::Sha256 all;
  for (const auto& result : results) all.add(result["identity"].get<std::string>() + "\n");
  return core::hex(all.digest());
}

/// Says every message once, however many points have the same to say.
std::function<void(const std::string&)> once(std::function<void(const std::string&)> say) {
  return
      [say = std::move(say), said = std::make_shared<std::set<std::string>>()](const std::string& message) {
        if (say && said->insert(message).second) say(message);
      };
}

}  // namespace

json run(Task& task, const core::Config& given, const RunOptions& options) {
  if (!options.store.empty() && !task.keeps_nothing_because().empty()) {
    throw core::InvalidInput(fmt::format("a store for task \"{}\" ({}): {}", task.name(), options.store,
                                         task.keeps_nothing_because()));
  }
  const core::Config study = as_task(given, task.name());
  const auto points = sweep_points(study);
  const bool alone = points.size() == 1;
  std::vector<json> resolved;
  if (!alone) resolved = check_all(task, points);  // else the only point answers for itself

  Reporting reporting{.progress = {}, .warn = once(options.reporting.warn)};
  FinishedWork finished(options.store, reporting.warn);
  json document;
  std::vector<json> results;
  for (std::size_t p = 0; p < points.size() && !core::interrupted(); ++p) {
    auto [point_study, point] = open(task, points[p].study, alone ? 0 : p + 1);
    const int threads = options.threads > 0 ? options.threads : point->settings().threads;
    const core::Runtime::Use use(core::Runtime::here().with_threads(threads));
    if (p == 0) document = document_head(task.name(), given, point->settings().seed);
    const std::string prefix = alone ? "" : fmt::format("{}/{} ", p + 1, points.size());
    if (options.reporting.progress) {
      reporting.progress = [&options, prefix](const std::string& what, std::size_t done, std::size_t total) {
        options.reporting.progress(prefix + what, done, total);
      };
    }
    const std::string label = label_of(points[p].values);
    json result;
    if (!points[p].values.empty()) result["values"] = points[p].values;
    result.update(run_point(*point, point_study, label, finished, reporting));
    if (result.contains("label") && !label.empty()) result["label"] = label;
    results.push_back(std::move(result));
  }
  if (document.is_null()) document = document_head(task.name(), given, 0);
  if (core::interrupted()) document["interrupted"] = true;
  if (!results.empty() && (alone || task.shows_first_point())) document.update(results.front());
  if (alone) return document;
  document.erase("values");
  document["study"] = study_of_sweep(study_for(study, task.name()), resolved);
  document["identity"] = identity_of_sweep(results);
  document["points"] = results;
  return document;
}

}  // namespace mho::study
