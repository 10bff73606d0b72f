#pragma once
// What the ONNX reader is made of: files in memory, tensors.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "mho/network/onnx/onnx_message.h"
#include "mho/network/onnx/tensor.h"

namespace mho::network {

/// A file in memory: unmapped when the last tensor that lies in it is gone.
struct Mapping {
  void* address = nullptr;
  std::size_t size = 0;
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(address), size}; }
};

/// Throws core::InvalidInput with the system's reason.
std::shared_ptr<const Mapping> map_file(const std::string& path);

/// What a message is being read for: where to look for external data, what to say in errors.
struct OnnxSource {
  std::string name;
  std::filesystem::path folder;       // empty: no external data
  std::shared_ptr<const void> owner;  // keeps the bytes; null: copy everything
  [[noreturn]] void fail(const std::string& what) const;
};

/// Reads a TensorProto; gives its name. Checks shape against the bytes before it allocates.
Tensor read_tensor(Message message, const OnnxSource& source, std::string& tensor_name);

}  // namespace mho::network
