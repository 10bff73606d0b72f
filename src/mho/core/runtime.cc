#include "mho/core/runtime.h"

#include <utility>

#include "mho/core/runtime_state.h"

namespace mho::core {
namespace {

/// Never destroyed: threads may still work when the process ends.
const std::shared_ptr<RuntimeState>& state_of_process() {
  static const auto& state = *new std::shared_ptr<RuntimeState>(std::make_shared<RuntimeState>());
  return state;
}

int threads_for(int requested) { return requested > 0 ? requested : available_cores(); }

}  // namespace

constinit thread_local Here here;

RuntimeState& runtime_here() { return here.runtime != nullptr ? *here.runtime : *state_of_process(); }

Runtime::Runtime(const RuntimeOptions& options) : state_(std::make_shared<RuntimeState>()) {
  use_threads(options.threads);
  use_isa(options.isa ? *options.isa : isa_of_environment());
  state_->search = options.search;
}

Runtime::Runtime(std::shared_ptr<RuntimeState> state) : state_(std::move(state)) {}

Runtime Runtime::process() { return Runtime(state_of_process()); }
Runtime Runtime::here() { return Runtime(runtime_here().shared_from_this()); }

int Runtime::threads() const { return state_->threads; }
void Runtime::use_threads(int requested) { state_->threads = threads_for(requested); }

Runtime Runtime::with_threads(int requested) const {
  if (threads_for(requested) == state_->threads) return *this;
  auto other = std::make_shared<RuntimeState>();
  other->threads = threads_for(requested);
  other->isa = state_->isa.load();
  other->isa_is_known = state_->isa_is_known.load();
  other->cancelled = state_->cancelled;
  other->search = state_->search;
  return Runtime(std::move(other));
}

Isa Runtime::isa() const {
  if (!state_->isa_is_known) return isa_of_environment();
  return state_->isa;
}

void Runtime::use_isa(Isa isa) {
  refuse_unless_available(isa);
  state_->isa = isa;
  state_->isa_is_known = true;
}

void Runtime::cancel() { *state_->cancelled = true; }
void Runtime::resume() { *state_->cancelled = false; }
bool Runtime::is_cancelled() const { return *state_->cancelled; }

Runtime::Use::Use(Runtime runtime)
    : state_(std::move(runtime.state_)), before_(std::exchange(core::here.runtime, state_.get())) {}
Runtime::Use::~Use() { core::here.runtime = before_; }

}  // namespace mho::core
