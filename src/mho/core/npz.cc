// NPZ: ZIP archives of NPY files.

#include <fmt/format.h>

#include <utility>

#include "mho/core/error.h"
#include "mho/core/npy.h"
#include "mho/core/zip.h"

namespace mho::core {

std::map<std::string, NpyArray> parse_npz(std::span<const std::byte> file, const std::string& name) {
  std::map<std::string, NpyArray> arrays;
  for_each_zip_file(file, name, [&](const std::string& entry, const std::function<Bytes()>& contents) {
    const std::string place = fmt::format("{}/{}", name, printable(entry));
    if (!entry.ends_with(".npy"))
      throw InvalidInput(fmt::format("{}: not a readable NPZ archive: only .npy files may be in it", place));
    const bool fresh = arrays.emplace(entry.substr(0, entry.size() - 4), parse_npy(contents(), place)).second;
    if (!fresh) throw InvalidInput(fmt::format("{}: occurs twice", place));
  });
  return arrays;
}

std::map<std::string, NpyArray> read_npz(const std::string& path) { return parse_npz(read_file(path), path); }

void write_npz(const std::string& path, const std::map<std::string, Bytes>& npy_files, bool deflate) {
  std::vector<ZipFile> files;
  for (const auto& [key, bytes] : npy_files) files.push_back({key + ".npy", bytes, deflate});
  write_zip(path, files);
}

}  // namespace mho::core
