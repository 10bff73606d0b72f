#pragma once
// What the ONNX reader is made of: external data, tensors.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "mho/core/files.h"
#include "mho/core/sha256.h"
#include "mho/network/onnx/onnx_message.h"
#include "mho/network/onnx/tensor.h"

namespace mho::network {

/// Files of external data beside a model, each opened once. What tensors need of them is copied: nobody who
/// writes to such a file later reaches a network that was read from it.
class ExternalData {
 public:
  explicit ExternalData(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// `length` bytes from `offset` on, or all that follow. Throws core::InvalidInput where the file hasn't
  /// them.
  std::shared_ptr<const core::Bytes> read(const std::string& location, std::uint64_t offset,
                                          std::optional<std::uint64_t> length);
  /// Of all that was read, in the order of reading. Throws core::InvalidInput where a file was written to
  /// since it was opened.
  core::Digest finish();

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::unique_ptr<core::RandomAccessFile>> files_;
  core::Sha256 all_;
};

/// What a message is being read for: where to look for external data, what to say in errors.
struct OnnxSource {
  std::string name;
  ExternalData* external = nullptr;   // null: there may be none
  std::shared_ptr<const void> owner;  // keeps the bytes; null: copy everything
  [[noreturn]] void fail(const std::string& what) const;
};

/// Reads a TensorProto; gives its name. Checks shape against the bytes before it allocates.
Tensor read_tensor(Message message, const OnnxSource& source, std::string& tensor_name);

}  // namespace mho::network
