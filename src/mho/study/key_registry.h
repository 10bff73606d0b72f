#pragma once
// All keys of a study and what each does in every task: what checks, lists, references and schemas are made
// from. A key stands in the keys.h of its reader; its line here says in which tasks it acts.

#include <array>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/key_facts.h"
#include "mho/study/keys.h"

namespace mho::study {

/// What a key does in a task.
struct Effect {
  enum class Kind {
    acts,     ///< changes the result, whose identity it is part of
    steers,   ///< changes no number: how the run goes, and which files it leaves
    bound,    ///< read, and has one value here: any other is refused, be it the study's, a card's or a chip's
    refused,  ///< asks for what the task can't do: a complaint, unless it has its default
    meaningless  ///< says something about what the task has not got: passed over
  };
  Kind kind = Kind::acts;
  std::string_view why = "";  ///< of what neither acts nor steers

  bool is_read() const { return kind == Kind::acts || kind == Kind::steers || kind == Kind::bound; }
};

struct StudyKey {
  core::KeyFacts facts;
  std::array<Effect, keys::kTasks> effects;                ///< in the order of keys::task
  std::function<void(const core::ConfigTable&)> complain;  ///< about what type and limits don't allow
  const Effect& in(std::string_view task) const;
};

/// Every key, by section. A table stands for the keys in it that have no line of their own.
const std::vector<StudyKey>& study_keys();

/// The line of that key (dotted, without layer[i]), or of the table that it is in; nullptr: there is none.
const StudyKey* find_study_key(std::string_view name);

/// The study as that task reads it, a document of its own. A key that the task refuses is a complaint with
/// its reason, an unknown one with the nearest that there is, also in [[layer]]. Keys that mean nothing to
/// the task are not in it: readers see their defaults, and the resolved study shows only what acts.
core::Config study_for(const core::Config& study, std::string_view task);

/// Every key with "name", "type", "unit", "default", "allowed", "meaning", and for each task "acts",
/// "steers", or {"bound"|"refused"|"meaningless": why}.
nlohmann::ordered_json keys_as_json();

}  // namespace mho::study
