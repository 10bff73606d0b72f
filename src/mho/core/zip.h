#pragma once
// ZIP archives of files that are stored or deflated, ZIP64 too (PKWARE APPNOTE 6.3).

#include <functional>
#include <span>
#include <string>

#include "mho/core/files.h"

namespace mho::core {

/// Calls visit(name, contents) for every file of an archive, in the order of its directory; contents()
/// unpacks it and verifies its checksum. Throws InvalidInput with `archive_name` where the archive is
/// damaged.
void for_each_zip_file(
    std::span<const std::byte> archive, const std::string& archive_name,
    const std::function<void(const std::string& name, const std::function<Bytes()>& contents)>& visit);

struct ZipFile {
  std::string name;
  Bytes bytes;
  bool deflate = true;
};

/// The same files give the same archive. Written atomically (see AtomicFile; SystemFailure).
void write_zip(const std::string& path, std::span<const ZipFile> files);

}  // namespace mho::core
