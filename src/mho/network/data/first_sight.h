#pragma once
// Images that stay on disk: each is what it was when it was first read, or refused.

#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mho/core/files.h"
#include "mho/core/sha256.h"

namespace mho::network {

/// Remembers of every image how its file looked, and its digest once somebody asked for it. Any number of
/// threads may use it.
class FirstSight {
 public:
  explicit FirstSight(std::size_t count) : count_(count) {}

  /// Takes the bytes of an image that were read from a file with this stamp. Throws core::InvalidInput with
  /// `name` where they are not those of the first time. They are compared by their digest where there is
  /// one and the stamp is another (a file that was only touched is the same); by the stamp alone where there
  /// is none.
  void accept(std::size_t index, std::span<const std::byte> bytes, const core::FileStamp& stamp,
              const std::string& name);
  /// Where somebody asked for it before.
  std::optional<core::Digest> digest(std::size_t index);
  /// As accept(), and gives the digest.
  core::Digest digest(std::size_t index, std::span<const std::byte> bytes, const core::FileStamp& stamp,
                      const std::string& name);

 private:
  struct Seen {
    core::FileStamp stamp;
    core::Digest digest{};
    bool known = false, hashed = false;
    /// The file had been left alone for a while when it was hashed. The clock of a file system ticks every
    /// few milliseconds: one that was just written may change again and keep its stamp.
    bool settled = false;
  };
  std::size_t count_;
  std::mutex mutex_;
  std::vector<Seen> seen_;  // empty until an image is read
};

}  // namespace mho::network
