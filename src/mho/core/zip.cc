// ZIP archives (PKWARE APPNOTE 6.3): the central directory, stored and deflated entries, ZIP64.

#include "mho/core/zip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "mho/core/error.h"

namespace mho::core {
namespace {

constexpr std::uint32_t kLocalEntry = 0x04034b50, kCentralEntry = 0x02014b50, kEnd = 0x06054b50,
                        kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr std::uint64_t kBestDeflateRatio = 1032;  // zlib's technical notes: no stream expands further

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw InvalidInput(fmt::format("{}: not a readable NPZ archive: {}", name, what));
}

/// Little-endian numbers at any place; outside the file is InvalidInput.
struct Reader {
  std::span<const std::byte> file;
  const std::string& name;

  std::span<const std::byte> bytes(std::uint64_t at, std::uint64_t n) const {
    if (at > file.size() || n > file.size() - at) fail(name, fmt::format("it ends before byte {}", at));
    return file.subspan(at, n);
  }
  std::uint64_t number(std::uint64_t at, int n) const {
    std::uint64_t value = 0;
    for (int i = 0; const std::byte b : bytes(at, static_cast<std::uint64_t>(n))) {
      value |= static_cast<std::uint64_t>(b) << (8 * i++);
    }
    return value;
  }
  std::uint32_t u32(std::uint64_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
  std::uint32_t u16(std::uint64_t at) const { return static_cast<std::uint32_t>(number(at, 2)); }
};

struct Entry {
  std::string name;
  std::uint32_t flags = 0, method = 0, crc = 0;
  std::uint64_t packed = 0, size = 0, offset = 0;
};

struct Directory {
  std::uint64_t offset = 0, entries = 0;
};

Directory find_directory(const Reader& in) {
  constexpr std::uint64_t length = 22, longest_comment = 0xffff;
  if (in.file.size() < length) fail(in.name, "it is too short");
  std::uint64_t at = in.file.size() - length;
  const std::uint64_t first = at > longest_comment ? at - longest_comment : 0;
  while (in.u32(at) != kEnd) {
    if (at == first) fail(in.name, "it has no directory at its end");
    --at;
  }
  Directory found{in.u32(at + 16), in.u16(at + 10)};
  const bool large = found.offset == 0xffffffff || found.entries == 0xffff;
  if (large && at >= 20 && in.u32(at - 20) == kLocator64) {
    const std::uint64_t end64 = in.number(at - 20 + 8, 8);
    if (in.u32(end64) != kEnd64) fail(in.name, "its ZIP64 directory is damaged");
    found = {in.number(end64 + 48, 8), in.number(end64 + 32, 8)};
  }
  return found;
}

/// Sizes and offset of a ZIP64 entry stand in an extra field, those only that did not fit in 32 bits.
void read_zip64(const Reader& in, std::uint64_t at, std::uint64_t end, Entry& entry) {
  while (at + 4 <= end) {
    const std::uint32_t id = in.u16(at), length = in.u16(at + 2);
    std::uint64_t field = at + 4;
    if (id == 1) {
      for (std::uint64_t* value : {&entry.size, &entry.packed, &entry.offset}) {
        if (*value == 0xffffffff && field + 8 <= at + 4 + length) {
          *value = in.number(field, 8);
          field += 8;
        }
      }
    }
    at += 4 + length;
  }
}

Entry read_entry(const Reader& in, std::uint64_t& at) {
  if (in.u32(at) != kCentralEntry) fail(in.name, fmt::format("its directory is damaged at byte {}", at));
  Entry entry;
  entry.flags = in.u16(at + 8);
  entry.method = in.u16(at + 10);
  entry.crc = in.u32(at + 16);
  entry.packed = in.u32(at + 20);
  entry.size = in.u32(at + 24);
  entry.offset = in.u32(at + 42);
  const std::uint64_t name_length = in.u16(at + 28), extra = in.u16(at + 30), comment = in.u16(at + 32);
  const auto text = in.bytes(at + 46, name_length);
  entry.name.assign(reinterpret_cast<const char*>(text.data()), text.size());
  read_zip64(in, at + 46 + name_length, at + 46 + name_length + extra, entry);
  at += 46 + name_length + extra + comment;
  return entry;
}

struct InflateEnd {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};
struct DeflateEnd {
  void operator()(z_stream* stream) const { deflateEnd(stream); }
};

/// zlib takes at most 4 GiB at a time: hands out the next piece of a long buffer.
template <typename Byte>
void refill(std::span<Byte>& left, Bytef*& next, uInt& available) {
  if (available != 0 || left.empty()) return;
  const auto n = std::min<std::size_t>(left.size(), std::numeric_limits<uInt>::max());
  next = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(left.data()));  // zlib's input is not const
  available = static_cast<uInt>(n);
  left = left.subspan(n);
}

Bytes inflated(std::span<const std::byte> packed, std::uint64_t size, const std::string& name) {
  Bytes out(size);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw SystemFailure("zlib can't start");
  const std::unique_ptr<z_stream, InflateEnd> closes(&stream);
  std::span<const std::byte> in_left = packed;
  std::span<std::byte> out_left = out;
  Bytef nothing = 0;
  stream.next_out = &nothing;
  int state = Z_OK;
  while (state == Z_OK) {
    refill(in_left, stream.next_in, stream.avail_in);
    refill(out_left, stream.next_out, stream.avail_out);
    state = inflate(&stream, Z_NO_FLUSH);
  }
  if (state != Z_STREAM_END || stream.avail_out != 0 || !out_left.empty()) {
    throw InvalidInput(fmt::format("{}: its compressed data is damaged", name));
  }
  return out;
}

std::uint32_t checksum(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

Bytes contents(const Reader& in, const Entry& entry) {
  const std::string name = in.name + "/" + printable(entry.name);
  if (entry.flags & 1) throw InvalidInput(name + ": is encrypted");
  if (in.u32(entry.offset) != kLocalEntry) fail(name, "its header is damaged");
  const std::uint64_t data = entry.offset + 30 + in.u16(entry.offset + 26) + in.u16(entry.offset + 28);
  const auto packed = in.bytes(data, entry.packed);
  Bytes out;
  if (entry.method == 0) {
    if (entry.size != entry.packed) fail(name, "a stored entry with two sizes");
    out.assign(packed.begin(), packed.end());
  } else if (entry.method == 8) {
    if (entry.size / kBestDeflateRatio > entry.packed + 1) fail(name, "it claims more than it can hold");
    out = inflated(packed, entry.size, name);
  } else {
    fail(name, fmt::format("compression method {}; 0 (stored) and 8 (deflated) can be read", entry.method));
  }
  if (checksum(out) != entry.crc) throw InvalidInput(name + ": its checksum is wrong");
  return out;
}

void append(std::string& text, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
}

/// nothing where the bytes do not become fewer or are too long for one call.
std::optional<Bytes> deflated(std::span<const std::byte> bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) return std::nullopt;
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw SystemFailure("zlib can't start");
  }
  const std::unique_ptr<z_stream, DeflateEnd> closes(&stream);
  Bytes out(bytes.size());
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return std::nullopt;
  out.resize(stream.total_out);
  return out;
}

/// Sizes of 0xffffffff point at a ZIP64 field that holds them (always written: one form for all sizes).
std::string entry_header(const Entry& e, bool central) {
  std::string text;
  append(text, central ? kCentralEntry : kLocalEntry, 4);
  if (central) append(text, 45, 2);
  append(text, 45, 2);  // ZIP64 needs version 4.5
  append(text, 0, 2);
  append(text, e.method, 2);
  append(text, 0, 2);           // midnight
  append(text, 1 << 5 | 1, 2);  // 1 January 1980: the same arrays give the same file
  append(text, e.crc, 4);
  append(text, 0xffffffff, 4);
  append(text, 0xffffffff, 4);
  append(text, e.name.size(), 2);
  append(text, central ? 28 : 20, 2);
  if (central) {
    text.append(2 + 2 + 2 + 4, '\0');  // comment, disk, attributes
    append(text, 0xffffffff, 4);
  }
  text += e.name;
  append(text, 1, 2);
  append(text, central ? 24 : 16, 2);
  append(text, e.size, 8);
  append(text, e.packed, 8);
  if (central) append(text, e.offset, 8);
  return text;
}

std::string directory_end(std::uint64_t offset, std::uint64_t length, std::uint64_t entries) {
  std::string text;
  append(text, kEnd64, 4);
  append(text, 44, 8);
  append(text, 45, 2);
  append(text, 45, 2);
  append(text, 0, 8);
  append(text, entries, 8);
  append(text, entries, 8);
  append(text, length, 8);
  append(text, offset, 8);
  append(text, kLocator64, 4);
  append(text, 0, 4);
  append(text, offset + length, 8);
  append(text, 1, 4);
  append(text, kEnd, 4);
  append(text, 0, 4);
  append(text, 0xffff, 2);
  append(text, 0xffff, 2);
  append(text, 0xffffffff, 4);
  append(text, 0xffffffff, 4);
  append(text, 0, 2);
  return text;
}

}  // namespace

void for_each_zip_file(
    std::span<const std::byte> archive, const std::string& archive_name,
    const std::function<void(const std::string& name, const std::function<Bytes()>& contents)>& visit) {
  const Reader in{archive, archive_name};
  const Directory directory = find_directory(in);
  std::uint64_t at = directory.offset;
  std::uint64_t packed = 0;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    const Entry entry = read_entry(in, at);
    packed += entry.packed;  // entries that share bytes could claim any amount of memory
    if (packed > archive.size()) fail(archive_name, "its entries overlap");
    visit(entry.name, [&] { return contents(in, entry); });
  }
}

void write_zip(const std::string& path, std::span<const ZipFile> files) {
  AtomicFile file(path);
  std::string directory;
  std::uint64_t at = 0;
  for (const ZipFile& f : files) {
    const std::optional<Bytes> packed = f.deflate ? deflated(f.bytes) : std::nullopt;
    const std::span<const std::byte> data = packed ? *packed : f.bytes;
    const Entry entry{.name = f.name,
                      .flags = 0,
                      .method = packed ? 8u : 0u,
                      .crc = checksum(f.bytes),
                      .packed = data.size(),
                      .size = f.bytes.size(),
                      .offset = at};
    const std::string header = entry_header(entry, false);
    file.write(header);
    file.write(data);
    directory += entry_header(entry, true);
    at += header.size() + data.size();
  }
  file.write(directory);
  file.write(directory_end(at, directory.size(), files.size()));
  file.commit();
}

}  // namespace mho::core
