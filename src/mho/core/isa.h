#pragma once
// Which SIMD instructions the kernels use.

#include <string>
#include <vector>

namespace mho::core {

/// Implementations of the kernels, from plain to fast. `reference` is the float64 oracle: one equation a
/// line, no SIMD. `portable` runs anywhere; `avx2` needs FMA as well; `avx512` needs F, BW, DQ, VL, CD
/// (and uses VNNI where there is).
enum class Isa { reference, portable, avx2, avx512 };

std::string name(Isa isa);
/// Those that this machine can run.
std::vector<Isa> available_isas();
/// MHO_ISA from the environment (an unknown or unavailable name throws InvalidInput that lists the available
/// ones), else the fastest. The environment is asked once.
Isa isa_of_environment();
/// Throws InvalidInput.
void refuse_unless_available(Isa isa);

/// The one in use: that of the calling thread's runtime (runtime.h).
Isa current_isa();
/// Gives that runtime another.
void use_isa(Isa isa);

/// AVX-512 VNNI (8-bit and 16-bit dot products) is there, and `isa` may use it.
bool has_vnni(Isa isa = current_isa());

}  // namespace mho::core
