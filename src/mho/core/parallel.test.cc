// Loops over threads touch every index once, and an exception leaves them as from a plain loop.

#include "mho/core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include "mho/core/interrupt.h"

namespace mho::core {
namespace {

class Threads {
 public:
  explicit Threads(int n) : before_(thread_count()) { set_thread_count(n); }
  ~Threads() { set_thread_count(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

TEST(ParallelFor, TouchesEveryIndexOnceInPartsOfWholeGrains) {
  for (const int threads : {1, 2, 3, 8}) {
    const Threads in_use(threads);
    for (const std::size_t n : {0u, 1u, 7u, 64u, 1000u}) {
      for (const std::size_t grain : {0u, 1u, 16u, 2000u}) {
        std::vector<int> touched(n);
        std::atomic<int> parts{0}, odd_starts{0};
        parallel_for(n, grain, [&](std::size_t begin, std::size_t end) {
          ++parts;
          if (grain > 0 && begin % grain != 0) ++odd_starts;
          for (std::size_t i = begin; i < end; ++i) ++touched[i];
        });
        EXPECT_EQ(touched, std::vector<int>(n, 1)) << n << " " << grain;
        EXPECT_EQ(odd_starts, 0);
        EXPECT_LE(parts, threads);
      }
    }
  }
}

TEST(ParallelFor, ThrowsWhatTheLowestPartThrew) {
  const Threads in_use(4);
  try {
    parallel_for(100, 1,
                 [](std::size_t begin, std::size_t) { throw std::runtime_error(std::to_string(begin)); });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "0");
  }
}

TEST(ParallelFor, InnerLoopsAreSerial) {
  const Threads in_use(4);
  std::atomic<int> inner_parts{0}, outer_parts{0};
  parallel_for(4, 1, [&](std::size_t, std::size_t) {
    ++outer_parts;
    parallel_for(100, 1, [&](std::size_t, std::size_t) { ++inner_parts; });
  });
  EXPECT_EQ(inner_parts, outer_parts);
}

TEST(ParallelFor, EveryPartHasItsOwnWorkspace) {
  const Threads in_use(4);
  std::vector<int> used(4);
  parallel_for(4, 1, [&](std::size_t, std::size_t) { ++used.at(static_cast<std::size_t>(thread_index())); });
  for (const int times : used) EXPECT_LE(times, 1);
  EXPECT_EQ(thread_index(), 0);
}

TEST(Interrupt, ASignalRaisesTheFlag) {
  catch_interrupts();
  EXPECT_FALSE(interrupted());
  std::raise(SIGINT);
  EXPECT_TRUE(interrupted());
  set_interrupted(false);
  EXPECT_FALSE(interrupted());
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace
}  // namespace mho::core
