#include "mho/core/isa.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "mho/core/error.h"
#include "mho/core/runtime.h"
#include "mho/core/runtime_state.h"
#include "mho/core/simd_dispatch.h"
// After simd_dispatch.h, which decides what Highway compiles.
#include <hwy/targets.h>

namespace mho::core {
namespace {

bool runs(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx2 || isa == Isa::avx512) {
    return (hwy::SupportedTargets() & highway_targets(isa)) != 0;
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

Isa isa_of_environment() {
  static const Isa at_start = chosen_at_start();
  return at_start;
}

void refuse_unless_available(Isa isa) {
  if (!runs(isa)) throw InvalidInput(fmt::format("this machine can't run {}", name(isa)));
}

Isa current_isa() {
  const RuntimeState& runtime = runtime_here();
  return runtime.isa_is_known ? runtime.isa.load() : isa_of_environment();
}

void use_isa(Isa isa) { Runtime::here().use_isa(isa); }

std::int64_t highway_targets(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return HWY_AVX3;
  if (isa == Isa::avx2) return HWY_AVX2;
#endif
  static_cast<void>(isa);
  return HWY_EMU128 | HWY_SCALAR;  // the one of them that the compiler can build
}

bool has_vnni(Isa isa) {
#if defined(__x86_64__)
  return isa == Isa::avx512 && __builtin_cpu_supports("avx512vnni");
#else
  static_cast<void>(isa);
  return false;
#endif
}

}  // namespace mho::core
