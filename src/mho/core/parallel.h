#pragma once
// Loops over threads: static partition, so that who does what depends on nothing but the numbers.

#include <cstddef>
#include <functional>

namespace mho::core {

/// Threads that loops of the calling thread's runtime (runtime.h) use: `requested`, or all cores that the
/// process may use where 0.
void set_thread_count(int requested);
/// 1 inside a parallel loop.
int thread_count();

/// Calls body(begin, end) on disjoint parts that cover [0, n), one a thread, each a multiple of `grain`
/// long but the last. Exceptions are caught and the one of the lowest part is thrown again here.
/// Inside a parallel loop it runs serially.
void parallel_for(std::size_t n, std::size_t grain,
                  const std::function<void(std::size_t begin, std::size_t end)>& body);

/// Number of the calling thread inside parallel_for, 0 outside: the index of its workspace.
int thread_index();

}  // namespace mho::core
