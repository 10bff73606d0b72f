#pragma once
// The machine that computes, as results record it.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "mho/core/isa.h"

namespace mho::core {

struct Machine {
  std::string processor;              ///< model name, "unknown" where the system does not say
  int cores = 0;                      ///< that this process may use
  int threads = 0;                    ///< that loops use
  std::vector<Isa> isas;              ///< that it can run
  Isa isa = Isa::portable;            ///< in use
  bool vnni = false;                  ///< 8-bit dot products, with the isa in use
  std::uint64_t memory_bytes = 0;     ///< of the machine, or of the container where that is less
  std::uint64_t available_bytes = 0;  ///< without swapping, now; 0 where the system does not say
  std::string compiler;               ///< that built this program
};

Machine this_machine();

/// {"processor", "cores", "threads", "isa", "isas", "vnni", "memory_bytes", "available_bytes", "compiler"}
nlohmann::json as_json(const Machine& machine);

}  // namespace mho::core
