#include "mho/core/compressed.h"

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "mho/core/error.h"

namespace mho::core {
namespace {

constexpr std::size_t kStep = 1 << 16;
constexpr std::uint64_t kXzMemory = std::uint64_t{256} << 20;  // xz -9 needs 65 MiB

bool starts_with(std::span<const std::byte> file, std::initializer_list<int> magic) {
  return file.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), file.begin(),
                    [](int a, std::byte b) { return static_cast<std::byte>(a) == b; });
}

bool is_gzip(std::span<const std::byte> file) { return starts_with(file, {0x1f, 0x8b}); }
bool is_xz(std::span<const std::byte> file) { return starts_with(file, {0xfd, '7', 'z', 'X', 'Z', 0}); }

/// Collects what a decoder gives, a step at a time.
class Output {
 public:
  Output(std::string name, std::uint64_t most) : name_(std::move(name)), most_(most) {}

  std::span<std::byte> room() { return step_; }
  void take(std::size_t n) {
    if (bytes_.size() + n > most_) {
      throw InvalidInput(fmt::format("{}: unpacks to more than {} bytes", name_, most_));
    }
    bytes_.insert(bytes_.end(), step_.begin(), step_.begin() + static_cast<std::ptrdiff_t>(n));
  }
  Bytes bytes() && { return std::move(bytes_); }
  [[noreturn]] void damaged(std::uint64_t at) const {
    throw InvalidInput(fmt::format("{}: compressed data is damaged or ends early at byte {}", name_, at));
  }

 private:
  std::string name_;
  std::uint64_t most_;
  Bytes bytes_, step_ = Bytes(kStep);
};

struct InflateEnd {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};
struct LzmaEnd {
  void operator()(lzma_stream* stream) const { lzma_end(stream); }
};

Bytes gunzipped(std::span<const std::byte> file, Output out) {
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) throw SystemFailure("zlib can't start");
  const std::unique_ptr<z_stream, InflateEnd> closes(&stream);
  std::size_t read = 0;
  for (;;) {
    const std::size_t given = std::min<std::size_t>(file.size() - read, std::numeric_limits<uInt>::max());
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(file.data() + read));  // not written
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(out.room().data());
    stream.avail_out = static_cast<uInt>(kStep);
    const int state = inflate(&stream, Z_NO_FLUSH);
    read += given - stream.avail_in;
    out.take(kStep - stream.avail_out);
    if (state == Z_STREAM_END) {
      if (read == file.size()) return std::move(out).bytes();
      if (inflateReset(&stream) != Z_OK) out.damaged(read);  // another member follows
    } else if (state != Z_OK) {
      out.damaged(read);
    }
  }
}

Bytes unxz(std::span<const std::byte> file, Output out) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kXzMemory, LZMA_CONCATENATED) != LZMA_OK) {
    throw SystemFailure("liblzma can't start");
  }
  const std::unique_ptr<lzma_stream, LzmaEnd> closes(&stream);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(file.data());
  stream.avail_in = file.size();
  for (;;) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.room().data());
    stream.avail_out = kStep;
    const lzma_ret state = lzma_code(&stream, LZMA_FINISH);
    out.take(kStep - stream.avail_out);
    if (state == LZMA_STREAM_END) return std::move(out).bytes();
    if (state != LZMA_OK) out.damaged(stream.total_in);
  }
}

}  // namespace

bool is_compressed(std::span<const std::byte> file) { return is_gzip(file) || is_xz(file); }

Bytes decompressed(std::span<const std::byte> file, const std::string& name, std::uint64_t most) {
  if (is_gzip(file)) return gunzipped(file, {name, most});
  if (is_xz(file)) return unxz(file, {name, most});
  return {file.begin(), file.end()};
}

Bytes read_compressed_file(const std::string& path) {
  Bytes file = read_file(path);
  return is_compressed(file) ? decompressed(file, path) : file;
}

}  // namespace mho::core
