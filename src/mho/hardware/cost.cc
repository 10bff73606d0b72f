#include "mho/hardware/cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <utility>

#include "mho/hardware/units.h"

namespace mho::hardware {

void Cost::add(Cost part) {
  energy_j += part.energy_j;
  latency_s += part.latency_s;
  area_m2 += part.area_m2;
  leakage_w += part.leakage_w;
  parts.push_back(std::move(part));
}

Cost leaf(std::string_view name, double count, double uses, const Each& each, Source source) {
  Cost cost;
  cost.name = name;
  cost.count = count;
  cost.uses = uses;
  cost.energy_j = count * uses * each.energy_j;
  cost.latency_s = uses * each.latency_s;
  cost.area_m2 = count * each.area_m2;
  cost.leakage_w = count * each.leakage_w;
  cost.source = std::move(source);
  return cost;
}

Cost sum(std::string_view name, std::vector<Cost> parts) {
  Cost cost;
  cost.name = name;
  cost.parts.reserve(parts.size());
  for (auto& part : parts) cost.add(std::move(part));
  return cost;
}

Cost repeated(Cost cost, double count, double uses) {
  cost.count *= count;
  cost.uses *= uses;
  cost.energy_j *= count * uses;
  cost.latency_s *= uses;
  cost.area_m2 *= count;
  cost.leakage_w *= count;
  for (auto& part : cost.parts) part = repeated(std::move(part), count, uses);
  return cost;
}

namespace {

/// What both say; once where they say the same.
Source of_both(const Source& one, const Source& other) {
  if (!other || one == other) return one;
  if (!one) return other;
  return one->find(*other) == std::string::npos ? source_of(*one + "; " + *other) : one;
}

}  // namespace

void merge(Cost& onto, const Cost& from, Timing timing) {
  onto.source = of_both(onto.source, from.source);
  onto.count += from.count;
  onto.energy_j += from.energy_j;
  onto.area_m2 += from.area_m2;
  onto.leakage_w += from.leakage_w;
  if (from.parts.empty() && onto.parts.empty()) {
    onto.latency_s = timing == Timing::sequence ? onto.latency_s + from.latency_s
                                                : std::max(onto.latency_s, from.latency_s);
    return;
  }
  onto.latency_s = 0;
  for (const auto& part : from.parts) {
    const auto found = std::find_if(onto.parts.begin(), onto.parts.end(),
                                    [&](const Cost& mine) { return mine.name == part.name; });
    if (found == onto.parts.end()) {
      onto.parts.push_back(part);
    } else {
      merge(*found, part, timing);
    }
  }
  for (const auto& part : onto.parts) onto.latency_s += part.latency_s;
}

double leaf_sum(const Cost& cost, double Cost::*number) {
  if (cost.parts.empty()) return cost.*number;
  double total = 0;
  for (const auto& part : cost.parts) total += leaf_sum(part, number);
  return total;
}

const Cost* find_part(const Cost& cost, std::string_view name) {
  std::deque<const Cost*> waiting{&cost};
  while (!waiting.empty()) {
    const Cost* here = waiting.front();
    waiting.pop_front();
    for (const auto& part : here->parts) {
      if (part.name == name) return &part;
      waiting.push_back(&part);
    }
  }
  return nullptr;
}

nlohmann::json to_json(const Cost& cost) {
  nlohmann::json out = {{"name", cost.name},           {"count", cost.count},
                        {"uses", cost.uses},           {"energy_j", cost.energy_j},
                        {"latency_s", cost.latency_s}, {"area_m2", cost.area_m2},
                        {"leakage_w", cost.leakage_w}, {"source", cost.source ? *cost.source : kSumOfParts}};
  if (!cost.parts.empty()) {
    out["parts"] = nlohmann::json::array();
    for (const auto& part : cost.parts) out["parts"].push_back(to_json(part));
  }
  return out;
}

namespace {

void add_rows(const Cost& cost, double whole, int level, int depth, std::string& out) {
  const std::string source = cost.source ? *cost.source : "";
  out += fmt::format("{:<34} {:>10.6g} {:>12} {:>6} {:>10} {:>12}  {}\n",
                     std::string(static_cast<std::size_t>(2 * level), ' ') + cost.name, cost.count,
                     engineering(cost.energy_j, "J"),
                     whole > 0 ? fmt::format("{:.1f} %", 100 * cost.energy_j / whole) : "",
                     engineering(cost.latency_s, "s"), readable_area(cost.area_m2),
                     source.size() > 70 ? source.substr(0, 67) + "..." : source);
  if (level >= depth) return;
  for (const auto& part : cost.parts) add_rows(part, whole, level + 1, depth, out);
}

}  // namespace

std::string table_of(const Cost& cost, int depth) {
  std::string out = fmt::format("{:<34} {:>10} {:>12} {:>6} {:>10} {:>11}  {}\n", "part", "count", "energy",
                                "share", "latency", "area", "source");
  add_rows(cost, cost.energy_j, 0, depth, out);
  return out;
}

}  // namespace mho::hardware
