#include "mho/core/interrupt.h"

#include <atomic>
#include <csignal>
#include <cstdlib>

#include "mho/core/runtime_state.h"

namespace mho::core {
namespace {

std::atomic<bool> raised{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the handler may only touch what is lock-free");

extern "C" void on_signal(int signal) {
  if (raised.exchange(true)) std::_Exit(128 + signal);
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool interrupted() {
  return raised.load(std::memory_order_relaxed) || runtime_here().cancelled->load(std::memory_order_relaxed);
}
void set_interrupted(bool value) { raised = value; }

}  // namespace mho::core
