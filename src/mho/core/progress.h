#pragma once
// How far long work is: done of all, rate, time left.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <string>

namespace mho::core {

/// How progress is shown.
struct ProgressStyle {
  bool in_place = false;  ///< one line that is written again and again: a terminal
  bool colour = false;
  double every_s = 10;  ///< shortest time between two lines [s]
};

/// In place on a terminal, ten times a second, in colour unless NO_COLOR is set or TERM is dumb; plain lines
/// every ten seconds elsewhere.
ProgressStyle progress_style(std::FILE* to);

/// "resnet20: 1234 of 10000 images, 12 %, 345/s, 25 s left"; rate and time left once there are any.
std::string progress_text(const std::string& what, const std::string& unit, std::size_t done,
                          std::size_t total, double rate_per_s);

/// Shows one piece of work while it lives. Any number of threads may report.
class Progress {
 public:
  Progress(std::string what, std::string unit, std::FILE* to = stderr);
  Progress(std::string what, std::string unit, std::FILE* to, ProgressStyle style);
  ~Progress();  ///< clears the line, or ends it with what was reached
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `total` may be 0 where it is not known. Rates count from the first report on.
  void report(std::size_t done, std::size_t total);

 private:
  using Clock = std::chrono::steady_clock;
  void show();
  std::string what_, unit_;
  std::FILE* to_;
  ProgressStyle style_;
  std::mutex mutex_;
  Clock::time_point started_{}, shown_{};
  std::size_t first_ = 0, done_ = 0, total_ = 0, shown_done_ = 0;
  bool any_ = false, any_shown_ = false;
};

}  // namespace mho::core
