#include "mho/core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "mho/core/error.h"

namespace mho::core {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

FileStamp stamp_of(const struct stat& status) {
  const auto ns = [](const timespec& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
  return {.device = static_cast<std::uint64_t>(status.st_dev),
          .inode = static_cast<std::uint64_t>(status.st_ino),
          .size = static_cast<std::uint64_t>(status.st_size),
          .written_ns = ns(status.st_mtim),
          .changed_ns = ns(status.st_ctim)};
}

}  // namespace

RandomAccessFile::RandomAccessFile(const std::string& path) : path_(path) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw InvalidInput(fmt::format("{}: can't be opened: {}", path, reason(errno)));
  struct stat status {};
  const bool regular = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  if (!regular) {
    ::close(descriptor_);
    throw InvalidInput(fmt::format("{}: is no regular file", path));
  }
  opened_ = stamp_of(status);
  size_ = opened_.size;
}

RandomAccessFile::~RandomAccessFile() { ::close(descriptor_); }

void RandomAccessFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t n = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw InvalidInput(fmt::format("{}: can't be read: {}", path_, reason(errno)));
    if (n == 0) {
      throw InvalidInput(
          fmt::format("{}: ends at byte {}, {} more were expected", path_, offset, out.size()));
    }
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

FileStamp RandomAccessFile::stamp() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0)
    throw InvalidInput(fmt::format("{}: can't be read: {}", path_, reason(errno)));
  return stamp_of(status);
}

void RandomAccessFile::require_unchanged() const {
  const FileStamp now = stamp();
  if (now.size != size_ || now.written_ns != opened_.written_ns)
    throw InvalidInput(fmt::format("{}: changed while it was read", path_));
}

Bytes read_file(const std::string& path, std::uint64_t most, FileStamp* stamp) {
  const RandomAccessFile file(path);
  if (file.size() > most) {
    throw InvalidInput(fmt::format("{}: has {} bytes, at most {} are read", path, file.size(), most));
  }
  Bytes bytes(file.size());
  file.read(0, bytes);
  file.require_unchanged();
  if (stamp != nullptr) *stamp = file.stamp();
  return bytes;
}

AtomicFile::AtomicFile(const std::string& path) : path_(path), target_(path) {
  struct stat status {};
  const bool there = ::stat(path.c_str(), &status) == 0;
  if (there && S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    fail("can't be written");
  }
  if (there && !S_ISREG(status.st_mode)) {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("can't be written");
    return;
  }
  std::error_code unknown;
  if (there) target_ = std::filesystem::canonical(path, unknown).string();
  if (unknown) target_ = path;
  temporary_ = target_ + ".XXXXXX";
  descriptor_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
  if (descriptor_ < 0) {
    temporary_.clear();
    fail("can't be written");
  }
  mode_t mode = status.st_mode & 0777;  // mkostemp makes files private; ours are as open() would make them
  if (!there) {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    mode = 0666 & ~mask;
  }
  ::fchmod(descriptor_, mode);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* what) {
  const std::string why = reason(errno);
  throw SystemFailure(fmt::format("{}: {}: {}", path_, what, why));
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("can't be written");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

void AtomicFile::commit() {
  if (!temporary_.empty() && ::fsync(descriptor_) != 0) fail("can't be written");
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) fail("can't be written");
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("can't be replaced");
  temporary_.clear();
}

std::string why_not_writable(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const auto folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, failed))
    return fmt::format("there is no folder {}", folder.string());
  return fs::is_directory(path, failed) ? "is a folder" : "";
}

void write_file(const std::string& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const std::string& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

}  // namespace mho::core
