#pragma once
// The few things that all users of oneDNN here share. Its own headers stay in .cc files.

#include <string>

namespace dnnl {
struct engine;
}

namespace mho::network {

/// The CPU.
const dnnl::engine& cpu_engine();

/// True for the names of implementations that are there for completeness, not for speed.
bool is_slow_implementation(const std::string& name);

/// While it lives, this thread's OpenMP loops have one thread: oneDNN's primitives are made and run so,
/// since images are what is computed in parallel. Whoever makes or runs one holds it: the threads that
/// OpenMP starts otherwise would be missing in a child after fork(), which waits for them for ever.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace mho::network
