#include "mho/core/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <utility>

namespace mho::core {
namespace {

std::string duration(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s", std::ceil(seconds));
  const auto minutes = static_cast<long long>(seconds / 60);
  if (minutes < 100) return fmt::format("{} min", minutes);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

}  // namespace

ProgressStyle progress_style(std::FILE* to) {
  if (::isatty(::fileno(to)) == 0) return {};
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string(terminal) == "dumb";
  if (dumb) return {};
  return {.in_place = true, .colour = no_colour == nullptr || *no_colour == '\0', .every_s = 0.1};
}

std::string progress_text(const std::string& what, const std::string& unit, std::size_t done,
                          std::size_t total, double rate_per_s) {
  std::string text = fmt::format("{}: {}", what, done);
  if (total > 0) text += fmt::format(" of {}", total);
  text += " " + unit;
  if (total > 0)
    text += fmt::format(", {:.0f} %", 100.0 * static_cast<double>(done) / static_cast<double>(total));
  if (rate_per_s > 0) {
    text += fmt::format(", {:.3g}/s", rate_per_s);
    if (total > done)
      text += fmt::format(", {} left", duration(static_cast<double>(total - done) / rate_per_s));
  }
  return text;
}

Progress::Progress(std::string what, std::string unit, std::FILE* to)
    : Progress(std::move(what), std::move(unit), to, progress_style(to)) {}

Progress::Progress(std::string what, std::string unit, std::FILE* to, ProgressStyle style)
    : what_(std::move(what)), unit_(std::move(unit)), to_(to), style_(style) {}

Progress::~Progress() {
  if (style_.in_place && any_shown_) std::fputs("\r\x1b[K", to_);
  if (!style_.in_place && any_shown_ && done_ != shown_done_) show();
  std::fflush(to_);
}

void Progress::report(std::size_t done, std::size_t total) {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (!any_) {
    started_ = shown_ = now;
    first_ = done;
    any_ = true;
  }
  done_ = done;
  total_ = total;
  if (std::chrono::duration<double>(now - shown_).count() < style_.every_s) return;
  shown_ = now;
  show();
}

void Progress::show() {
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  const double rate = seconds > 0 && done_ > first_ ? static_cast<double>(done_ - first_) / seconds : 0;
  const std::string text = progress_text(what_, unit_, done_, total_, rate);
  if (style_.in_place) {
    fmt::print(to_, "\r{}{}{}\x1b[K", style_.colour ? "\x1b[2m" : "", text, style_.colour ? "\x1b[0m" : "");
  } else {
    fmt::print(to_, "{}\n", text);
  }
  std::fflush(to_);
  any_shown_ = true;
  shown_done_ = done_;
}

}  // namespace mho::core
