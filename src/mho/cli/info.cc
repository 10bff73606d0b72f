// mho info: what this build and this machine are, and which keys a study has.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "mho/cli/verbs.h"
#include "mho/core/json_file.h"
#include "mho/core/machine.h"
#include "mho/network/operators/onednn_version.h"
#include "mho/study/key_registry.h"

namespace mho::cli {
namespace {

void print_machine(const Common& common) {
  const core::Machine machine = core::this_machine();
  const std::string onednn = network::onednn_version();
  std::string targets;
  for (const auto isa : machine.isas) {
    targets += core::name(isa);
    targets += isa == machine.isa ? "* " : " ";
  }
  constexpr double gib = 1 << 30;
  fmt::print("mho           {}\n", MHO_VERSION);
  fmt::print("built by      {}\n", machine.compiler);
  fmt::print("oneDNN        {}\n", onednn);
  fmt::print("processor     {}\n", machine.processor);
  fmt::print("SIMD targets  {}  (* in use; MHO_ISA chooses)\n", targets);
  fmt::print("VNNI          {}\n", machine.vnni ? "yes" : "no");
  fmt::print("threads       {} on {} cores\n", machine.threads, machine.cores);
  fmt::print("memory        {:.1f} GiB, {:.1f} GiB available\n",
             static_cast<double>(machine.memory_bytes) / gib,
             static_cast<double>(machine.available_bytes) / gib);
  if (!common.json_file.empty()) {
    core::write_json_file(
        common.json_file,
        {{"version", MHO_VERSION}, {"onednn", onednn}, {"machine", core::as_json(machine)}});
  }
}

/// "a number of at least 0", "\"even\" | \"fill\"".
std::string allowed_text(const core::KeyFacts& key) {
  const auto& allowed = key.allowed;
  if (allowed.contains("text")) return allowed["text"].get<std::string>();
  std::string out;
  for (const auto& word : allowed.value("words", nlohmann::json::array()))
    out += (out.empty() ? "" : " | ") + word.dump();
  if (!out.empty()) return out;
  out = key.type;
  if (allowed.contains("min"))
    out += (allowed.contains("above_min") ? " above " : " from ") + allowed["min"].dump();
  if (allowed.contains("max")) out += " to " + allowed["max"].dump();
  return out;
}

/// What a task does with a key that neither acts nor steers there.
std::string_view words_of(study::Effect::Kind kind) {
  if (kind == study::Effect::Kind::bound) return "allows one value";
  return kind == study::Effect::Kind::refused ? "refuses it" : "passes it over";
}

void print_keys(const Common& common) {
  for (const auto& key : study::study_keys()) {
    const auto& facts = key.facts;
    fmt::print(
        "{}{}{}\n    {}\n    {}\n", facts.name, facts.fallback.is_null() ? "" : " = " + facts.fallback.dump(),
        facts.unit.empty() ? "" : fmt::format("  [{}]", facts.unit), facts.meaning, allowed_text(facts));
    for (std::size_t task = 0; task < key.effects.size(); ++task) {
      const auto& effect = key.effects[task];
      if (effect.why.empty()) continue;
      fmt::print("    {} {}: {}\n", study::keys::task.words[task].word, words_of(effect.kind), effect.why);
    }
  }
  if (!common.json_file.empty()) {
    core::write_json_file(common.json_file, {{"version", MHO_VERSION}, {"keys", study::keys_as_json()}});
  }
}

}  // namespace

void add_info(CLI::App& app, Common& common) {
  auto* verb =
      app.add_subcommand("info", "version, processor, SIMD targets, threads, memory; keys of a study");
  auto keys = std::make_shared<bool>(false);
  verb->add_flag("--keys", *keys,
                 "every key of a study: default, meaning, what is allowed, what tasks do with it");
  verb->callback([keys, &common] { *keys ? print_keys(common) : print_machine(common); });
}

}  // namespace mho::cli
