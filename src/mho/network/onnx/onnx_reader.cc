#include "mho/network/onnx/onnx_reader.h"

#include <fmt/core.h>

#include <filesystem>
#include <memory>

#include "mho/core/error.h"
#include "mho/network/onnx/onnx_tensor.h"

namespace mho::network {
namespace {

OnnxAttribute read_attribute(Message message, const OnnxSource& source, std::string& attribute_name) {
  OnnxAttribute a;
  std::string ignored;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        attribute_name = message.text();
        break;
      case 2:
        a.f = message.number();
        break;
      case 3:
        a.i = message.integer();
        break;
      case 4:
        a.s = message.text();
        break;
      case 5:
        a.t = read_tensor(message.message(), source, ignored);
        break;
      case 6:
      case 11:
        a.has_graph = true;
        message.skip();
        break;
      case 7:
        message.floats(a.floats);
        break;
      case 8:
        message.integers(a.ints);
        break;
      case 9:
        a.strings.push_back(message.text());
        break;
      default:
        message.skip();
    }
  }
  return a;
}

OnnxNode read_node(Message message, const OnnxSource& source) {
  OnnxNode node;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        node.inputs.push_back(message.text());
        break;
      case 2:
        node.outputs.push_back(message.text());
        break;
      case 3:
        node.name = message.text();
        break;
      case 4:
        node.op_type = message.text();
        break;
      case 5: {
        std::string attribute_name;
        auto attribute = read_attribute(message.message(), source, attribute_name);
        node.attributes[attribute_name] = std::move(attribute);
        break;
      }
      case 7:
        node.domain = message.text();
        break;
      default:
        message.skip();
    }
  }
  if (node.domain == "ai.onnx") node.domain.clear();
  return node;
}

OnnxDimension read_dimension(Message message) {
  OnnxDimension dimension;
  while (message.next()) {
    if (message.tag() == 1)
      dimension.value = message.integer();
    else if (message.tag() == 2)
      dimension.symbol = message.text();
    else
      message.skip();
  }
  return dimension;
}

void read_tensor_type(Message message, OnnxValue& value) {
  while (message.next()) {
    if (message.tag() == 1) {
      value.type = static_cast<DataType>(static_cast<std::int32_t>(message.integer()));
    } else if (message.tag() == 2) {
      value.has_shape = true;
      Message shape = message.message();
      while (shape.next()) {
        if (shape.tag() == 1)
          value.shape.push_back(read_dimension(shape.message()));
        else
          shape.skip();
      }
    } else {
      message.skip();
    }
  }
}

OnnxValue read_value(Message message) {
  OnnxValue value;
  while (message.next()) {
    if (message.tag() == 1) {
      value.name = message.text();
    } else if (message.tag() == 2) {
      Message type = message.message();
      while (type.next()) {
        if (type.tag() == 1)
          read_tensor_type(type.message(), value);
        else
          type.skip();
      }
    } else {
      message.skip();
    }
  }
  return value;
}

void read_graph(Message message, const OnnxSource& source, OnnxModel& model) {
  std::vector<OnnxValue> inputs;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        model.nodes.push_back(read_node(message.message(), source));
        break;
      case 5: {
        std::string tensor_name;
        Tensor tensor = read_tensor(message.message(), source, tensor_name);
        if (!model.initializers.emplace(tensor_name, std::move(tensor)).second) {
          source.fail(fmt::format("two initializers have the name '{}'", tensor_name));
        }
        break;
      }
      case 11:
        inputs.push_back(read_value(message.message()));
        break;
      case 12:
        model.outputs.push_back(read_value(message.message()));
        break;
      case 15:
        source.fail("sparse initializers are not supported");
      default:
        message.skip();
    }
  }
  for (auto& input : inputs) {
    if (!model.initializers.contains(input.name)) model.inputs.push_back(std::move(input));
  }
}

void read_metadata(Message message, OnnxModel& model) {
  std::string key, value;
  while (message.next()) {
    if (message.tag() == 1)
      key = message.text();
    else if (message.tag() == 2)
      value = message.text();
    else
      message.skip();
  }
  model.metadata[key] = value;
}

OnnxModel read_model(std::span<const std::byte> bytes, const OnnxSource& source) {
  OnnxModel model;
  model.source = source.name;
  bool has_graph = false;
  try {
    Message message(bytes);
    while (message.next()) {
      if (message.tag() == 7) {
        if (has_graph) source.fail("holds two graphs");
        read_graph(message.message(), source, model);
        has_graph = true;
      } else if (message.tag() == 8) {
        Message import = message.message();
        std::string domain;
        std::int64_t version = 0;
        while (import.next()) {
          if (import.tag() == 1)
            domain = import.text();
          else if (import.tag() == 2)
            version = import.integer();
          else
            import.skip();
        }
        if (domain.empty() || domain == "ai.onnx") model.opset = version;
      } else if (message.tag() == 14) {
        read_metadata(message.message(), model);
      } else {
        message.skip();
      }
    }
  } catch (const protozero::exception& error) {
    source.fail(fmt::format("is no ONNX file, or a damaged one ({})", error.what()));
  } catch (const std::bad_alloc&) {
    source.fail("is no ONNX file, or a damaged one (it asks for more memory than there is)");
  }
  if (!has_graph) source.fail("is no ONNX file: it holds no graph");
  if (model.opset < 7 || model.opset > 21) {
    source.fail(fmt::format("uses operator set {}; supported are 7 to 21", model.opset));
  }
  if (model.outputs.empty()) source.fail("the graph has no outputs");
  return model;
}

}  // namespace

OnnxModel read_onnx(const std::string& path) {
  const auto bytes = std::make_shared<const core::Bytes>(core::read_file(path));
  ExternalData external(std::filesystem::absolute(path).parent_path());
  OnnxModel model = read_model(*bytes, {path, &external, bytes});
  core::Sha256 contents;
  model.contents = contents.add(core::sha256(*bytes)).add(external.finish()).digest();
  return model;
}

OnnxModel read_onnx(std::span<const std::byte> bytes, const std::string& source) {
  return read_model(bytes, {source, nullptr, nullptr});
}

}  // namespace mho::network
