#pragma once
// Files: read whole with a limit, written whole or not at all.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mho::core {

using Bytes = std::vector<std::byte>;

/// Where a file lies on the disk, its size and its times: another stamp, and it may hold something else.
struct FileStamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t written_ns = 0, changed_ns = 0;  ///< of its contents; of these or of anything about it
  bool operator==(const FileStamp&) const = default;
};

/// The whole file. Throws InvalidInput where it is absent, no regular file, unreadable, longer than `most`
/// bytes, or written to while it is read. `stamp` hears how the file looked.
Bytes read_file(const std::string& path, std::uint64_t most = std::uint64_t{1} << 40,
                FileStamp* stamp = nullptr);

/// A file open for reading at any place, by any number of threads at once.
class RandomAccessFile {
 public:
  explicit RandomAccessFile(const std::string& path);  ///< throws InvalidInput as read_file does
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }
  /// Fills `out` from byte `offset` on; a file that ends before is InvalidInput.
  void read(std::uint64_t offset, std::span<std::byte> out) const;
  FileStamp stamp() const;  ///< as it is now
  /// Throws InvalidInput where somebody wrote to the file since it was opened: what was read may be mixed.
  void require_unchanged() const;

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  FileStamp opened_;
};

/// A file that appears under its name only when it is complete: written beside it under a temporary name,
/// flushed to the disk and renamed by commit(). Without commit() nothing is left and what was there stays.
/// A full disk, a folder that is absent or can't be written to: SystemFailure with the path and the reason.
/// A path that names a device or a pipe (/dev/stdout) is written directly.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  void commit();

 private:
  [[noreturn]] void fail(const char* what);
  std::string path_;       // as the user gave it
  std::string target_;     // where links lead
  std::string temporary_;  // "" where written directly
  int descriptor_ = -1;
};

/// Why no file can come to lie there, "there is no folder a/b" or "is a folder"; "" where one can, or where
/// there is no path. Asked before hours of work.
std::string why_not_writable(const std::string& path);

void write_file(const std::string& path, std::span<const std::byte> bytes);
void write_file(const std::string& path, std::string_view text);

}  // namespace mho::core
