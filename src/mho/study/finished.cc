#include "mho/study/finished.h"

#include <fmt/format.h>

#include "mho/core/error.h"

namespace mho::study {

using json = nlohmann::ordered_json;

FinishedWork::FinishedWork(std::string store, std::function<void(const std::string&)> warn)
    : path_(std::move(store)), warn_(std::move(warn)) {}

Store& FinishedWork::store() {
  if (!store_) store_.emplace(path_);
  return *store_;
}

void FinishedWork::guarded(const std::function<void()>& write) {
  if (path_.empty()) return;
  try {
    write();
  } catch (const core::SystemFailure& failure) {
    path_.clear();
    if (warn_) warn_(fmt::format("{}; finished trials are no longer kept there", failure.what()));
  }
}

std::optional<json> FinishedWork::find(const Piece& piece) {
  if (piece.identity.empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto here = records_.find({piece.identity, piece.kind, piece.trial});
  if (here != records_.end()) return here->second;
  if (path_.empty()) return std::nullopt;
  const auto kept = store().find(piece.identity, piece.kind, piece.trial);
  return kept ? std::optional(json(*kept)) : std::nullopt;
}

void FinishedWork::keep(const Piece& piece, const json& values) {
  if (piece.identity.empty()) return;
  const std::lock_guard lock(mutex_);
  if (piece.is_common) records_[{piece.identity, piece.kind, piece.trial}] = values;
  guarded([&] { store().keep(piece.identity, piece.kind, piece.trial, values); });
}

void FinishedWork::describe(const Piece& piece, const std::string& label, const nlohmann::json& study) {
  if (piece.identity.empty()) return;
  const std::lock_guard lock(mutex_);
  guarded([&] { store().describe(piece.identity, label, study); });
}

}  // namespace mho::study
