#include "mho/core/machine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "mho/core/parallel.h"
#include "mho/core/thread_pool.h"

namespace mho::core {
namespace {

/// What follows the colon in the first line of a /proc file that starts with `key`.
std::optional<std::string> value_in(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (!line.starts_with(key) || colon == std::string::npos) continue;
    const auto start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? "" : line.substr(start);
  }
  return std::nullopt;
}

std::uint64_t whole_memory() {
  auto bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream container("/sys/fs/cgroup/memory.max");  // "max" where there is no limit
  if (std::uint64_t limit = 0; container >> limit) bytes = std::min(bytes, limit);
  return bytes;
}

std::uint64_t free_memory() {
  const auto kib = value_in("/proc/meminfo", "MemAvailable");
  return kib ? std::strtoull(kib->c_str(), nullptr, 10) * 1024 : 0;
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.processor = value_in("/proc/cpuinfo", "model name").value_or("unknown");
  machine.cores = available_cores();
  machine.threads = thread_count();
  machine.isas = available_isas();
  machine.isa = current_isa();
  machine.vnni = has_vnni();
  machine.memory_bytes = whole_memory();
  machine.available_bytes = std::min(free_memory(), machine.memory_bytes);
#if defined(__clang__)
  machine.compiler = fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  machine.compiler = fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
  return machine;
}

nlohmann::json as_json(const Machine& machine) {
  nlohmann::json isas = nlohmann::json::array();
  for (const Isa isa : machine.isas) isas.push_back(name(isa));
  return {{"processor", machine.processor},
          {"cores", machine.cores},
          {"threads", machine.threads},
          {"isa", name(machine.isa)},
          {"isas", isas},
          {"vnni", machine.vnni},
          {"memory_bytes", machine.memory_bytes},
          {"available_bytes", machine.available_bytes},
          {"compiler", machine.compiler}};
}

}  // namespace mho::core
