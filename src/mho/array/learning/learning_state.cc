// A learning array as bytes: everything that training changes.

#include <fmt/format.h>

#include <cstring>

#include "mho/array/learning/learning_data.h"
#include "mho/core/error.h"

namespace mho::array {
namespace {

template <typename Vector>
void append(std::vector<std::uint8_t>& out, const Vector& v) {
  const std::size_t bytes = v.size() * sizeof(v[0]);
  const std::size_t at = out.size();
  out.resize(at + bytes);
  if (bytes > 0) std::memcpy(out.data() + at, v.data(), bytes);
}

template <typename Vector>
void take(std::span<const std::uint8_t>& from, Vector& v) {
  const std::size_t bytes = v.size() * sizeof(v[0]);
  if (from.size() < bytes)
    throw core::InvalidInput(fmt::format("a checkpoint ends {} bytes too early", bytes - from.size()));
  if (bytes > 0) std::memcpy(v.data(), from.data(), bytes);
  from = from.subspan(bytes);
}

}  // namespace

std::vector<std::uint8_t> LearningArray::state() const {
  const Data& a = *data_;
  std::vector<std::uint8_t> out;
  append(out, a.plus);
  append(out, a.minus);
  append(out, a.plus_cells.persistent);
  append(out, a.minus_cells.persistent);
  append(out, a.row_updates);
  append(out, a.column_updates);
  append(out, std::vector<LearningCount>{a.count});
  return out;
}

void LearningArray::restore(std::span<const std::uint8_t> state) {
  Data& a = *data_;
  take(state, a.plus);
  take(state, a.minus);
  take(state, a.plus_cells.persistent);
  take(state, a.minus_cells.persistent);
  take(state, a.row_updates);
  take(state, a.column_updates);
  std::vector<LearningCount> count(1);
  take(state, count);
  a.count = count[0];
  a.changed();
  if (!state.empty())
    throw core::InvalidInput(fmt::format("a checkpoint has {} bytes too many", state.size()));
}

}  // namespace mho::array
