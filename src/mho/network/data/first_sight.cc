#include "mho/network/data/first_sight.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "mho/core/error.h"

namespace mho::network {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;  // [ns]

std::int64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace

void FirstSight::accept(std::size_t index, std::span<const std::byte> bytes, const core::FileStamp& stamp,
                        const std::string& name) {
  Seen before;
  {
    const std::lock_guard lock(mutex_);
    seen_.resize(count_);
    if (!seen_[index].known) {
      seen_[index].stamp = stamp;
      seen_[index].known = true;
      return;
    }
    before = seen_[index];
  }
  const bool same = before.stamp == stamp && (before.settled || !before.hashed);
  if (same || (before.hashed && core::sha256(bytes) == before.digest)) return;
  throw core::InvalidInput(fmt::format("{}: changed while the study ran", name));
}

std::optional<core::Digest> FirstSight::digest(std::size_t index) {
  const std::lock_guard lock(mutex_);
  if (seen_.empty() || !seen_[index].hashed) return std::nullopt;
  return seen_[index].digest;
}

core::Digest FirstSight::digest(std::size_t index, std::span<const std::byte> bytes,
                                const core::FileStamp& stamp, const std::string& name) {
  accept(index, bytes, stamp, name);
  const core::Digest found = core::sha256(bytes);
  const std::lock_guard lock(mutex_);
  Seen& seen = seen_[index];
  seen.digest = found;
  seen.hashed = true;
  seen.settled = now_ns() - std::max(stamp.written_ns, stamp.changed_ns) > kSecond;
  return found;
}

}  // namespace mho::network
