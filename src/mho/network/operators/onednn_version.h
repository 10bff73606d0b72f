#pragma once
// Which oneDNN computes the digital layers.

#include <string>

namespace mho::network {

/// Version of the library that is loaded, and the instructions that it uses: "2.6.3, avx512_core_vnni".
std::string onednn_version();

}  // namespace mho::network
