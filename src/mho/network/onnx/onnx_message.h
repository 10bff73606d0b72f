#pragma once
// A message in protobuf's wire format whose fields are what they claim to be: every reader checks the wire
// type first and throws protozero::exception where it is another.

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <span>
#include <string>
#include <vector>

namespace mho::network {

struct WrongWireType : protozero::exception {
  const char* what() const noexcept override { return "a field has the wrong wire type"; }
};

class Message {
 public:
  explicit Message(std::span<const std::byte> bytes)
      : reader_(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {}

  bool next() { return reader_.next(); }
  std::uint32_t tag() const { return reader_.tag(); }
  void skip() { reader_.skip(); }

  std::int64_t integer() { return need(protozero::pbf_wire_type::varint).get_int64(); }
  float number() { return need(protozero::pbf_wire_type::fixed32).get_float(); }
  std::span<const std::byte> bytes() {
    const auto view = need(protozero::pbf_wire_type::length_delimited).get_view();
    return std::as_bytes(std::span(view.data(), view.size()));
  }
  std::string text() { return need(protozero::pbf_wire_type::length_delimited).get_string(); }
  Message message() { return Message(bytes()); }

  /// Appends a repeated field, packed or not.
  void integers(std::vector<std::int64_t>& out) {
    if (!packed()) return out.push_back(integer());
    for (const auto value : reader_.get_packed_int64()) out.push_back(value);
  }
  void floats(std::vector<float>& out) {
    if (!packed()) return out.push_back(number());
    for (const auto value : reader_.get_packed_float()) out.push_back(value);
  }
  void doubles(std::vector<float>& out) {
    if (!packed()) {
      return out.push_back(static_cast<float>(need(protozero::pbf_wire_type::fixed64).get_double()));
    }
    for (const auto value : reader_.get_packed_double()) out.push_back(static_cast<float>(value));
  }

 private:
  bool packed() const { return reader_.wire_type() == protozero::pbf_wire_type::length_delimited; }
  protozero::pbf_reader& need(protozero::pbf_wire_type type) {
    if (reader_.wire_type() != type) throw WrongWireType();
    return reader_;
  }
  protozero::pbf_reader reader_;
};

}  // namespace mho::network
