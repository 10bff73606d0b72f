#include "mho/core/parallel.h"

#include <omp.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace mho::core {

void set_thread_count(int requested) { omp_set_num_threads(requested > 0 ? requested : omp_get_num_procs()); }

namespace {

/// Calls part(0) … part(parts-1), each on a thread of its own.
#if defined(__SANITIZE_THREAD__)
// ThreadSanitizer sees no synchronization inside libgomp and would report every loop: under it the parts run
// on threads whose beginning and end it knows, so that what it reports is real.
thread_local int inside = -1;  // number of the part that this thread runs

void run_parts(int parts, const std::function<void(int)>& part) {
  std::vector<std::thread> threads;
  for (int t = 0; t < parts; ++t) {
    threads.emplace_back([&, t] {
      inside = t;
      part(t);
    });
  }
  for (auto& thread : threads) thread.join();
}

bool in_parallel() { return inside >= 0; }
int part_index() { return inside < 0 ? 0 : inside; }
#else
void run_parts(int parts, const std::function<void(int)>& part) {
#pragma omp parallel num_threads(parts)
  for (int t = omp_get_thread_num(); t < parts; t += omp_get_num_threads()) part(t);
}

bool in_parallel() { return omp_in_parallel() != 0; }
int part_index() { return omp_get_thread_num(); }
#endif

}  // namespace

int thread_count() { return in_parallel() ? 1 : omp_get_max_threads(); }

int thread_index() { return part_index(); }

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
  std::vector<std::exception_ptr> failures(parts);
  run_parts(static_cast<int>(parts), [&](int part) {
    const auto t = static_cast<std::size_t>(part);
    const std::size_t begin = grains * t / parts * grain;
    const std::size_t end = std::min(n, grains * (t + 1) / parts * grain);
    try {
      if (begin < end) body(begin, end);
    } catch (...) {
      failures[t] = std::current_exception();
    }
  });
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace mho::core
