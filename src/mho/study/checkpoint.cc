#include "mho/study/checkpoint.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/training/state_bytes.h"

namespace mho::study {
namespace {

constexpr std::string_view kMagic = "mho checkpoint 2\n";
constexpr std::string_view kOldMagic = "mho checkpoint 1\n";  // of mho 0.1
static_assert(kMagic.size() == kOldMagic.size());

std::uint64_t checksum(std::span<const std::uint8_t> bytes) { return crc32_z(0, bytes.data(), bytes.size()); }

}  // namespace

void write_checkpoint(const std::string& path, const core::Identity& of,
                      const std::vector<std::vector<std::uint8_t>>& states) {
  training::StateWriter body;
  const std::string identity = of.as_json().dump();
  body.block(std::vector<std::uint8_t>(identity.begin(), identity.end()));
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

std::vector<std::vector<std::uint8_t>> read_checkpoint(const std::string& path, const core::Identity& of) {
  const auto fail = [&](const std::string& what) {
    throw core::InvalidInput(fmt::format("{}: {}; remove it to start from the beginning", path, what));
  };
  const auto file = core::read_file(path);
  const std::span<const std::uint8_t> all(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  const std::string_view magic(reinterpret_cast<const char*>(file.data()),
                               std::min(file.size(), kMagic.size()));
  if (magic == kOldMagic) fail("is a checkpoint of mho 0.1, which doesn't say what data it is of");
  if (magic != kMagic || all.size() < kMagic.size() + 8) fail("is no checkpoint of mho");
  training::StateReader head(all.subspan(kMagic.size()));
  const auto expected = head.value<std::uint64_t>();
  const auto bytes = all.subspan(kMagic.size() + 8);
  if (checksum(bytes) != expected) fail("the checkpoint is damaged");
  training::StateReader body(bytes);
  const auto identity = body.block();
  const auto then = nlohmann::json::parse(identity.begin(), identity.end(), nullptr, false);
  if (then.is_discarded()) fail("the checkpoint is damaged");
  const auto differs = of.differences_from(core::Identity::from_json(then));
  if (!differs.empty()) fail("is of another training: " + differs);
  std::vector<std::vector<std::uint8_t>> states(body.value<std::uint64_t>());
  for (auto& state : states) {
    const auto block = body.block();
    state.assign(block.begin(), block.end());
  }
  return states;
}

}  // namespace mho::study
