#include "mho/core/parallel.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

#include "mho/core/runtime.h"
#include "mho/core/runtime_state.h"

namespace mho::core {
namespace {

/// A loop on its way.
struct Loop {
  std::size_t n = 0, grain = 1, grains = 0, parts = 1;
  const std::function<void(std::size_t begin, std::size_t end)>& body;
  RuntimeState& runtime;
  std::vector<std::exception_ptr> failures;  ///< of the parts

  void run(int part) {
    const Here before = std::exchange(here, {.runtime = &runtime, .part = part});
    const auto t = static_cast<std::size_t>(part);
    const std::size_t begin = grains * t / parts * grain;
    const std::size_t end = std::min(n, grains * (t + 1) / parts * grain);
    try {
      if (begin < end) body(begin, end);
    } catch (...) {
      failures[t] = std::current_exception();
    }
    here = before;
  }
};

}  // namespace

void set_thread_count(int requested) { Runtime::here().use_threads(requested); }

int thread_count() { return here.part >= 0 ? 1 : runtime_here().threads.load(); }

int thread_index() { return std::max(here.part, 0); }

void parallel_for(std::size_t n, std::size_t grain,
                  const std::function<void(std::size_t begin, std::size_t end)>& body) {
  if (n == 0) return;
  grain = std::max<std::size_t>(grain, 1);
  const std::size_t grains = (n + grain - 1) / grain;
  const std::size_t parts = std::min<std::size_t>(grains, static_cast<std::size_t>(thread_count()));
  if (parts == 1) {
    body(0, n);
    return;
  }
  Loop loop{.n = n,
            .grain = grain,
            .grains = grains,
            .parts = parts,
            .body = body,
            .runtime = runtime_here(),
            .failures = std::vector<std::exception_ptr>(parts)};
  loop.runtime.pool.run(static_cast<int>(parts), [&loop](int part) { loop.run(part); });
  for (const auto& failure : loop.failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace mho::core
