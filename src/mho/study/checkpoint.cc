#include "mho/study/checkpoint.h"

#include <fmt/format.h>
#include <zlib.h>

#include <fstream>
#include <iterator>

#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/training/state_bytes.h"

namespace mho::study {
namespace {

constexpr std::string_view kMagic = "mho checkpoint 1\n";

std::uint64_t checksum(std::span<const std::uint8_t> bytes) { return crc32_z(0, bytes.data(), bytes.size()); }

}  // namespace

void write_checkpoint(const std::string& path, const std::string& fingerprint,
                      const std::vector<std::vector<std::uint8_t>>& states) {
  training::StateWriter body;
  body.values(std::span<const char>(fingerprint));  // 16 digits
  body.value<std::uint64_t>(states.size());
  for (const auto& state : states) body.block(state);
  const auto bytes = body.take();
  training::StateWriter file;
  file.values(std::span<const char>(kMagic));
  file.value(checksum(bytes));
  file.values(std::span<const std::uint8_t>(bytes));
  const auto all = file.take();
  core::write_file(path, std::string_view(reinterpret_cast<const char*>(all.data()), all.size()));
}

std::vector<std::vector<std::uint8_t>> read_checkpoint(const std::string& path,
                                                       const std::string& fingerprint) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::span<const std::uint8_t> all(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  const std::string hint = "; remove it to start from the beginning";
  if (!in || all.size() < kMagic.size() + 8 || std::string_view(text.data(), kMagic.size()) != kMagic) {
    throw core::InvalidInput(fmt::format("{}: is no checkpoint of mho{}", path, hint));
  }
  training::StateReader head(all.subspan(kMagic.size()));
  const auto expected = head.value<std::uint64_t>();
  const auto bytes = all.subspan(kMagic.size() + 8);
  if (checksum(bytes) != expected)
    throw core::InvalidInput(fmt::format("{}: the checkpoint is damaged{}", path, hint));
  training::StateReader body(bytes);
  std::string theirs(fingerprint.size(), ' ');
  body.values(std::span<char>(theirs));
  if (theirs != fingerprint)
    throw core::InvalidInput(
        fmt::format("{}: belongs to another study, or to this one with other settings{}", path, hint));
  std::vector<std::vector<std::uint8_t>> states(body.value<std::uint64_t>());
  for (auto& state : states) {
    const auto block = body.block();
    state.assign(block.begin(), block.end());
  }
  return states;
}

}  // namespace mho::study
