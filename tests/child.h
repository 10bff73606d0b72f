#pragma once
// A child of the test's process, made by fork(), that has a time limit: one that hangs is a failure.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace mho::tests {

/// What `work`, an int, was in a child, or -1 where the child did not end by itself within a minute.
template <typename Work>
int exit_code_of_child(const Work& work) {
  const pid_t child = fork();
  if (child == 0) _exit(work());
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace mho::tests
