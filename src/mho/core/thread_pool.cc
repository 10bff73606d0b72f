#include "mho/core/thread_pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace mho::core {
namespace {

/// 1 in the process that asks first, 2 in a child of it after fork(), and so on: tells whose threads are
/// whose.
std::uint64_t process_number() {
  static std::atomic<std::uint64_t> number{1};
  [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, [] { ++number; });
  return number;
}

/// Lets the other thread of the core work for a moment.
void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

/// How long a thread looks for work before it sleeps, where it has a core of its own: loops follow each other
/// within microseconds, and waking a thread takes many.
constexpr std::chrono::microseconds kLook{100};

/// Returns when `value` is no more `old`. Between looks others may have the core: it may be the one that the
/// thread which is waited for was put on.
void wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old, std::chrono::nanoseconds look) {
  constexpr int looks_a_turn = 32;
  const auto end = std::chrono::steady_clock::now() + look;
  do {
    for (int i = 0; i < looks_a_turn; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      pause();
    }
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < end);
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

int available_cores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

class ThreadPool::Workers {
 public:
  explicit Workers(std::uint64_t process) : process_(process) {}
  ~Workers() {
    part_ = nullptr;
    for (const auto& worker : all_) worker->wake();
    for (const auto& worker : all_) worker->thread.join();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  std::uint64_t process() const { return process_; }

  void run(int parts, const std::function<void(int)>& part) {
    start(parts - 1);
    const int shared = std::min(parts, static_cast<int>(all_.size()) + 1);
    part_ = &part;
    left_.store(static_cast<std::uint32_t>(shared - 1), std::memory_order_relaxed);
    for (int t = 1; t < shared; ++t) all_[t - 1]->wake();
    part(0);
    for (int t = shared; t < parts; ++t) part(t);  // of threads that the system did not give
    for (std::uint32_t left = 0; (left = left_.load(std::memory_order_acquire)) > 0;)
      wait_while(left_, left, look_);
  }

 private:
  struct alignas(64) Worker {
    std::atomic<std::uint32_t> calls{0};
    std::thread thread;
    void wake() {
      calls.fetch_add(1, std::memory_order_release);
      calls.notify_one();
    }
  };

  /// Starts threads until there are `wanted`, or as many as the system gives.
  void start(int wanted) {
    while (static_cast<int>(all_.size()) < wanted) {
      auto worker = std::make_unique<Worker>();
      const int part = static_cast<int>(all_.size()) + 1;
      try {
        worker->thread = std::thread([this, part, w = worker.get()] { work(*w, part); });
      } catch (const std::system_error&) {
        return;
      }
      all_.push_back(std::move(worker));
      if (part >= available_cores()) look_ = std::chrono::nanoseconds(0);  // others need the core
    }
  }

  void work(const Worker& worker, int part) {
    for (std::uint32_t seen = 0;; ++seen) {
      wait_while(worker.calls, seen, look_);
      if (part_ == nullptr) return;
      (*part_)(part);
      if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_one();
    }
  }

  const std::uint64_t process_;
  std::vector<std::unique_ptr<Worker>> all_;
  std::atomic<std::chrono::nanoseconds> look_{kLook};
  const std::function<void(int)>* part_ = nullptr;  ///< null at the end: threads return
  alignas(64) std::atomic<std::uint32_t> left_{0};  ///< parts on other threads that are not done
};

ThreadPool::ThreadPool() = default;

ThreadPool::~ThreadPool() {
  // Threads of another process can't be joined, and what they used is not ours to free.
  if (workers_ && workers_->process() != process_number()) static_cast<void>(workers_.release());
}

void ThreadPool::run(int parts, const std::function<void(int)>& part) {
  const std::uint64_t me = process_number();
  std::uint64_t caller = caller_;
  // A call that was running when this process was forked off is running in the parent alone.
  if (caller == me || !caller_.compare_exchange_strong(caller, me)) {
    for (int t = 0; t < parts; ++t) part(t);
    return;
  }
  if (workers_ && workers_->process() != me) static_cast<void>(workers_.release());
  if (!workers_) workers_ = std::make_unique<Workers>(me);
  workers_->run(parts, part);
  caller_ = 0;
}

}  // namespace mho::core
