#pragma once
// Files that may be compressed with gzip or xz.

#include <cstdint>
#include <span>
#include <string>

#include "mho/core/files.h"

namespace mho::core {

/// True where the bytes start as a gzip or xz file does.
bool is_compressed(std::span<const std::byte> file);

/// The contents of a gzip or xz file; other bytes as they are. Checksums are verified. Memory grows with
/// what really comes out; more than `most` bytes, damaged or truncated data: InvalidInput with `name`.
Bytes decompressed(std::span<const std::byte> file, const std::string& name,
                   std::uint64_t most = std::uint64_t{1} << 33);

/// read_file and decompressed.
Bytes read_compressed_file(const std::string& path);

}  // namespace mho::core
