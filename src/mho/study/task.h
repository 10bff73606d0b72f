#pragma once
// What a task is: the life that a study of any kind goes through, from its file to its result.
//
//   read       a point of the study becomes settings; what is wrong becomes complaints, all at once
//   check      what only files can tell: networks, labels, shapes
//   pieces     what must be computed: trials, and what they are compared with
//   run        a piece becomes its record
//   summarize  all records become the point's part of the result document
//
// The runner (runner.h) stands around it once: points of a sweep, finished work, threads, interruption. A new
// task is a class of this kind and a line in tasks.cc.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/identity.h"
#include "mho/study/settings.h"

namespace mho::study {

/// What work says while it goes on. Either may be empty.
struct Reporting {
  /// What is computed, steps done, steps in all. Called by one thread at a time.
  std::function<void(const std::string& what, std::size_t done, std::size_t total)> progress;
  /// What the user should know but that doesn't end the run.
  std::function<void(const std::string& message)> warn;
};

/// A step of the work whose record is worth keeping.
struct Piece {
  std::string kind;  ///< "chip", "training", …; for trials and for what they are compared with
  std::uint32_t trial = 0;
  std::string identity;    ///< names all that decides the record beside kind and trial; "": it is not kept
  bool is_common = false;  ///< other points may have the same: it stays in memory for them
};

/// What became of a piece.
struct Record {
  Piece piece;
  nlohmann::ordered_json values = {};
  bool finished = true;  ///< false: an interruption cut it short, and it is not kept
  bool found = false;    ///< finished before this run, or in another point of it: not computed again
};

/// What became of a point. An interruption leaves out the records of the pieces that it did not reach.
struct Work {
  std::vector<Record> records;  ///< in the order of pieces()
  double seconds = 0;           ///< wall time of the point in this run
};

/// The first record of a kind, or nothing.
const Record* first_of(const Work& work, std::string_view kind);
/// The values of all records of a kind, in the order of trials.
std::vector<nlohmann::ordered_json> all_of(const Work& work, std::string_view kind);

/// One point of a study under a task, read and not yet computed.
class Point {
 public:
  virtual ~Point() = default;

  virtual const StudySettings& settings() const = 0;

  /// Opens files and throws InvalidInput with what is wrong in them. Nothing that takes long. Called when the
  /// study was read without a complaint, and before all that follows.
  virtual void check() = 0;

  /// What the point's result is of: all that its task reads, with what the files hold. Called after check().
  virtual core::Identity identity() const = 0;

  /// What is to be done next, given what is done; nothing where the point is complete. A task that decides by
  /// what it sees (a search, as many chips as an interval needs) says more each time that it is asked.
  virtual std::vector<Piece> pieces(const Work& done) const = 0;

  /// Makes ready what the pieces share; called once before the first of those that are not finished yet.
  virtual void prepare(std::span<const Piece> unfinished, const Reporting& reporting) = 0;

  /// Pieces take one thread each, many at the same time, instead of all threads one after the other.
  virtual bool side_by_side() const { return false; }

  /// Throws InvalidInput. After an interruption the record is unfinished, with null or what there is so far.
  virtual Record run(const Piece& piece, const Reporting& reporting) = 0;

  /// The point's part of the result document (docs/results.md).
  virtual nlohmann::ordered_json summarize(const Work& work, const Reporting& reporting) = 0;
};

/// A kind of study. It lives as long as a run and may keep what points share: data sets, networks.
class Task {
 public:
  virtual ~Task() = default;

  virtual std::string_view name() const = 0;
  /// What progress counts: "images".
  virtual std::string_view unit() const = 0;
  /// Why finished pieces are not kept; "" where they are.
  virtual std::string_view keeps_nothing_because() const { return ""; }
  /// A result of several points has the first one's keys at its top as well.
  virtual bool shows_first_point() const { return false; }

  /// Reads one point. `number` counts the points of a sweep from 1, and is 0 where the study is the only one.
  /// Wrong values become complaints of `study`; where there are any, nothing of the point may be called.
  virtual std::unique_ptr<Point> read(core::Config& study, std::size_t number) = 0;
};

}  // namespace mho::study
