#pragma once
// What something costs, as a tree: a total is the sum of its named parts, down to single components.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mho/hardware/quantity.h"

namespace mho::hardware {

/// One use of one instance of a component.
struct Each {
  double energy_j = 0;
  double latency_s = 0;
  double area_m2 = 0;
  double leakage_w = 0;
};

/// A node. Its numbers are totals over all its instances and uses, so that at every level
/// energy, area, leakage and latency of a node are the plain sums of its parts'.
struct Cost {
  std::string name;
  double count = 1;      ///< instances side by side: they multiply energy, area and leakage
  double uses = 1;       ///< of each instance, one after the other: they multiply energy and latency
  double energy_j = 0;   ///< of all uses of all instances
  double latency_s = 0;  ///< share of the critical path; 0 where hidden behind something longer
  double area_m2 = 0;
  double leakage_w = 0;
  Source source;  ///< of the constant that matters most
  std::vector<Cost> parts;

  /// Adds a part: its numbers enter the totals.
  void add(Cost part);
};

/// A component: `count` of them, each used `uses` times.
Cost leaf(std::string_view name, double count, double uses, const Each& each, Source source);

/// A named sum of parts.
Cost sum(std::string_view name, std::vector<Cost> parts);

/// The same tree `count` times side by side, each `uses` times one after the other.
Cost repeated(Cost cost, double count, double uses = 1);

/// Adds the numbers of `from` part by part to those of `onto`, and its sources; parts that `onto` lacks are
/// appended.
/// Latencies add where the two happen one after the other, else the longer one counts.
enum class Timing { sequence, parallel };
void merge(Cost& onto, const Cost& from, Timing timing);

/// Sum over the leaves of one number, e.g. leaf_sum(cost, &Cost::energy_j).
double leaf_sum(const Cost& cost, double Cost::*number);

/// The part with this name anywhere below, breadth first; nullptr where there is none.
const Cost* find_part(const Cost& cost, std::string_view name);

/// What a result says of the source of a sum, which has none of its own.
inline constexpr const char* kSumOfParts = "derived: sum of its parts";

/// The keys of a result:
/// {"name","count","uses","energy_j","latency_s","area_m2","leakage_w","source","parts"}.
nlohmann::json to_json(const Cost& cost);

/// A table for people: name, count, energy with its share, latency, area, source.
std::string table_of(const Cost& cost, int depth = 3);

}  // namespace mho::hardware
