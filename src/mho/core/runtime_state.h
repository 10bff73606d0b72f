#pragma once
// What a runtime holds, and which one the calling thread uses. For parallel.cc, isa.cc, interrupt.cc and
// locate.cc, which ask it.

#include <atomic>
#include <memory>
#include <optional>

#include "mho/core/isa.h"
#include "mho/core/locate.h"
#include "mho/core/thread_pool.h"

namespace mho::core {

struct RuntimeState : std::enable_shared_from_this<RuntimeState> {
  std::atomic<int> threads = available_cores();
  std::atomic<bool> isa_is_known = false;  ///< else the environment is asked when it is first needed
  std::atomic<Isa> isa = Isa::portable;
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
  std::optional<SearchPath> search;
  ThreadPool pool;
};

/// What the calling thread does.
struct Here {
  RuntimeState* runtime = nullptr;  ///< null: that of the process
  int part = -1;                    ///< of the loop that it runs a part of; -1: none
};
extern constinit thread_local Here here;

/// The state of the runtime that the calling thread uses.
RuntimeState& runtime_here();

}  // namespace mho::core
