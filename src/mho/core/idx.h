#pragma once
// IDX, the format of the MNIST files: a magic number, sizes, and an array in big-endian order.
// Described by Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".

#include <span>
#include <string>

#include "mho/core/npy.h"

namespace mho::core {

/// Reads an array (u1, i1, i2, i4, f4, f8), gzip and xz too. Throws InvalidInput with `name` and what is
/// wrong; the sizes must be those of the bytes that follow.
NpyArray parse_idx(std::span<const std::byte> file, const std::string& name);
NpyArray read_idx(const std::string& path);

/// True where the (unpacked) bytes start as an IDX file does.
bool looks_like_idx(std::span<const std::byte> file);

}  // namespace mho::core
