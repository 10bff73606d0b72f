#include "mho/core/isa.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "mho/core/error.h"

namespace mho::core {
namespace {

bool runs(Isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case Isa::reference:
    case Isa::portable:
      return true;
    case Isa::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512cd");
  }
#endif
  return isa == Isa::reference || isa == Isa::portable;
}

Isa chosen_at_start() {
  const auto there = available_isas();
  const char* wanted = std::getenv("MHO_ISA");
  if (wanted == nullptr || *wanted == '\0') return there.back();
  std::string names;
  for (const Isa isa : there) {
    if (name(isa) == wanted) return isa;
    names += (names.empty() ? "" : ", ") + name(isa);
  }
  throw InvalidInput(fmt::format("MHO_ISA = {}: this machine has {}", wanted, names));
}

std::optional<Isa>& forced() {
  static std::optional<Isa> isa;
  return isa;
}

}  // namespace

std::string name(Isa isa) {
  switch (isa) {
    case Isa::reference:
      return "reference";
    case Isa::portable:
      return "portable";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
  }
  return "";
}

std::vector<Isa> available_isas() {
  std::vector<Isa> there;
  for (const Isa isa : {Isa::reference, Isa::portable, Isa::avx2, Isa::avx512}) {
    if (runs(isa)) there.push_back(isa);
  }
  return there;
}

Isa current_isa() {
  static const Isa at_start = chosen_at_start();
  return forced().value_or(at_start);
}

void use_isa(Isa isa) {
  if (!runs(isa)) throw InvalidInput(fmt::format("this machine can't run {}", name(isa)));
  forced() = isa;
}

bool has_vnni() {
#if defined(__x86_64__)
  return current_isa() == Isa::avx512 && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

}  // namespace mho::core
