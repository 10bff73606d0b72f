#include "mho/network/onnx/onnx_writer.h"

#include <protozero/pbf_writer.hpp>
#include <string_view>

#include "mho/core/files.h"

namespace mho::network {
namespace {

constexpr std::int64_t kIrVersion = 8;  // of ONNX 1.10, the first that knows operator set 15

/// Numbers as in ONNX's AttributeProto.AttributeType.
enum AttributeType { kFloat = 1, kInt = 2, kString = 3, kTensor = 4, kFloats = 6, kInts = 7, kStrings = 8 };

// The numbers of fields are those of onnx.proto3.

void write_tensor(protozero::pbf_writer out, const std::string& name, const Tensor& tensor) {
  out.add_packed_int64(1, tensor.shape.begin(), tensor.shape.end());
  out.add_int32(2, static_cast<std::int32_t>(is_floating(tensor.type) ? DataType::f32 : DataType::i64));
  if (!name.empty()) out.add_string(8, name);
  out.add_bytes(9, static_cast<const char*>(tensor.data()), tensor.bytes());
}

void write_attribute(protozero::pbf_writer out, const std::string& name, const OnnxAttribute& a) {
  out.add_string(1, name);
  AttributeType type = kInts;
  if (a.f) {
    type = kFloat;
    out.add_float(2, *a.f);
  } else if (a.i) {
    type = kInt;
    out.add_int64(3, *a.i);
  } else if (a.s) {
    type = kString;
    out.add_bytes(4, *a.s);
  } else if (a.t) {
    type = kTensor;
    write_tensor(protozero::pbf_writer(out, 5), "", *a.t);
  } else if (!a.floats.empty()) {
    type = kFloats;
    out.add_packed_float(7, a.floats.begin(), a.floats.end());
  } else if (!a.strings.empty()) {
    type = kStrings;
    for (const auto& s : a.strings) out.add_bytes(9, s);
  } else {
    out.add_packed_int64(8, a.ints.begin(), a.ints.end());
  }
  out.add_int32(20, type);
}

void write_node(protozero::pbf_writer out, const OnnxNode& node) {
  for (const auto& input : node.inputs) out.add_string(1, input);
  for (const auto& output : node.outputs) out.add_string(2, output);
  if (!node.name.empty()) out.add_string(3, node.name);
  out.add_string(4, node.op_type);
  for (const auto& [name, attribute] : node.attributes)
    write_attribute(protozero::pbf_writer(out, 5), name, attribute);
  if (!node.domain.empty()) out.add_string(7, node.domain);
}

void write_value(protozero::pbf_writer out, const OnnxValue& value) {
  out.add_string(1, value.name);
  protozero::pbf_writer type(out, 2);
  protozero::pbf_writer tensor(type, 1);
  tensor.add_int32(1, static_cast<std::int32_t>(value.type));
  if (!value.has_shape) return;
  protozero::pbf_writer shape(tensor, 2);
  for (const auto& d : value.shape) {
    protozero::pbf_writer dimension(shape, 1);
    if (d.value) {
      dimension.add_int64(1, *d.value);
    } else if (!d.symbol.empty()) {
      dimension.add_string(2, d.symbol);
    }
  }
}

void write_graph(protozero::pbf_writer out, const OnnxModel& model) {
  for (const auto& node : model.nodes) write_node(protozero::pbf_writer(out, 1), node);
  out.add_string(2, "mho");
  for (const auto& [name, tensor] : model.initializers)
    write_tensor(protozero::pbf_writer(out, 5), name, tensor);
  for (const auto& input : model.inputs) write_value(protozero::pbf_writer(out, 11), input);
  for (const auto& output : model.outputs) write_value(protozero::pbf_writer(out, 12), output);
}

}  // namespace

std::string onnx_bytes(const OnnxModel& model) {
  std::string bytes;
  protozero::pbf_writer out(bytes);
  out.add_int64(1, kIrVersion);
  out.add_string(2, "mho");
  write_graph(protozero::pbf_writer(out, 7), model);
  {
    protozero::pbf_writer import(out, 8);
    import.add_string(1, "");
    import.add_int64(2, model.opset);
  }
  for (const auto& [key, value] : model.metadata) {
    protozero::pbf_writer entry(out, 14);
    entry.add_string(1, key);
    entry.add_string(2, value);
  }
  return bytes;
}

void write_onnx(const std::string& path, const OnnxModel& model) {
  core::write_file(path, std::string_view(onnx_bytes(model)));
}

}  // namespace mho::network
