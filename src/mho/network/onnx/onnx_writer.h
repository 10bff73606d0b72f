#pragma once
// Writes ONNX files: the structures that the reader fills in the wire format of onnx.proto3.

#include <string>

#include "mho/network/onnx/onnx_reader.h"

namespace mho::network {

/// Written atomically (core::AtomicFile; SystemFailure). Constants become float32 or int64, as they are held.
/// An attribute has one kind of value; one without any is an empty list of integers.
void write_onnx(const std::string& path, const OnnxModel& model);

/// The bytes of that file.
std::string onnx_bytes(const OnnxModel& model);

}  // namespace mho::network
