#include "mho/core/parallel.h"

#include <omp.h>

#include <algorithm>
#include <exception>
#include <vector>

namespace mho::core {

void set_thread_count(int requested) { omp_set_num_threads(requested > 0 ? requested : omp_get_num_procs()); }

int thread_count() { return omp_in_parallel() ? 1 : omp_get_max_threads(); }

int thread_index() { return omp_get_thread_num(); }

void parallel_for(std::size_t n, std::size_t grain,
                  const std::function<void(std::size_t begin, std::size_t end)>& body) {
  if (n == 0) return;
  grain = std::max<std::size_t>(grain, 1);
  const std::size_t grains = (n + grain - 1) / grain;
  const auto threads = static_cast<int>(std::min<std::size_t>(grains, thread_count()));
  if (threads == 1) {
    body(0, n);
    return;
  }
  std::vector<std::exception_ptr> failures(threads);
#pragma omp parallel num_threads(threads)
  {
    const std::size_t t = omp_get_thread_num();
    const std::size_t parts = omp_get_num_threads();
    const std::size_t begin = grains * t / parts * grain;
    const std::size_t end = std::min(n, grains * (t + 1) / parts * grain);
    try {
      if (begin < end) body(begin, end);
    } catch (...) {
      failures[t] = std::current_exception();
    }
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace mho::core
