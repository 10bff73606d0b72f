#pragma once
// Threads that wait for loops to share.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace mho::core {

/// Cores that this process may use.
int available_cores();

/// The threads of one runtime: started when a loop first needs them, then kept. A child after fork() has
/// none of its parent's and starts its own.
class ThreadPool {
 public:
  ThreadPool();
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Calls part(0) … part(parts-1) and waits for all: part(0) on the calling thread, each other on a thread
  /// of its own, the same at every call. While another thread's call is running, all parts run on the calling
  /// thread, one after the other: nobody waits for work that could wait for him. `part` must not throw.
  void run(int parts, const std::function<void(int)>& part);

 private:
  class Workers;
  std::unique_ptr<Workers> workers_;
  std::atomic<std::uint64_t> caller_{0};  ///< number of the process whose call is running; 0: none
};

}  // namespace mho::core
