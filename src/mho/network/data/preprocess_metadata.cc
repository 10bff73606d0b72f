// How images become inputs, as the metadata of a network say it.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/network/data/preprocess.h"

namespace mho::network {
namespace {

constexpr const char* kOrders[] = {"rgb", "bgr", "gray"};  // as Preprocess::Order
constexpr const char* kMargins[] = {"down", "even"};       // as Preprocess::OddMargin

template <typename Enum, std::size_t kWords>
Enum word(const nlohmann::json& document, const char* key, const char* const (&words)[kWords],
          Enum fallback) {
  if (!document.contains(key)) return fallback;
  const auto found = std::find(std::begin(words), std::end(words), document[key].get<std::string>());
  if (found == std::end(words)) throw core::InvalidInput(fmt::format("{} is none of its words", key));
  return static_cast<Enum>(found - std::begin(words));
}

}  // namespace

std::string preprocess_text(const Preprocess& p) {
  return nlohmann::json{{"resize", p.resize},
                        {"crop", p.crop},
                        {"odd_margin", kMargins[static_cast<std::size_t>(p.odd_margin)]},
                        {"order", kOrders[static_cast<std::size_t>(p.order)]},
                        {"scale", p.scale},
                        {"mean", p.mean},
                        {"std", p.std}}
      .dump();
}

Preprocess preprocess_of(const std::string& text, const std::string& source) {
  try {
    const auto document = nlohmann::json::parse(text);
    Preprocess p;
    p.resize = document.value("resize", p.resize);
    p.crop = document.value("crop", p.crop);
    p.odd_margin = word(document, "odd_margin", kMargins, p.odd_margin);
    p.order = word(document, "order", kOrders, p.order);
    p.scale = document.value("scale", p.scale);
    p.mean = document.value("mean", p.mean);
    p.std = document.value("std", p.std);
    const auto finite = [](double x) { return std::isfinite(x); };
    const auto above_zero = [](double x) { return x > 0 && std::isfinite(x); };
    if (p.mean.empty() || p.std.empty() || !finite(p.scale) ||
        !std::all_of(p.mean.begin(), p.mean.end(), finite) ||
        !std::all_of(p.std.begin(), p.std.end(), above_zero))
      throw core::InvalidInput("scale, mean and std must be finite numbers, std above 0");
    return p;
  } catch (const std::exception& error) {
    throw core::InvalidInput(
        fmt::format("{}: its metadata \"{}\" can't be read: {}", source, kPreprocessMetadata, error.what()));
  }
}

void take_preprocess(const core::ConfigTable& table, const std::map<std::string, std::string>& metadata,
                     Preprocess& p) {
  const auto said = metadata.find(kPreprocessMetadata);
  if (said == metadata.end()) return;
  Preprocess theirs;
  try {
    theirs = preprocess_of(said->second, "the network");
  } catch (const core::InvalidInput& error) {
    return table.complain("mean", error.what());
  }
  const auto document = nlohmann::json::parse(preprocess_text(theirs));
  const auto take = [&](const char* key, auto& mine, const auto& value) {
    if (table.has(key)) return;
    mine = value;
    table.note(key, document.at(key));
  };
  take("resize", p.resize, theirs.resize);
  take("crop", p.crop, theirs.crop);
  take("odd_margin", p.odd_margin, theirs.odd_margin);
  take("order", p.order, theirs.order);
  take("scale", p.scale, theirs.scale);
  take("mean", p.mean, theirs.mean);
  take("std", p.std, theirs.std);
}

}  // namespace mho::network
