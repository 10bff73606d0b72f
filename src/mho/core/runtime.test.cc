// Two runtimes in one process have their own threads, instruction set, folders and end; a child has threads.

#include "mho/core/runtime.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "child.h"
#include "mho/core/error.h"
#include "mho/core/interrupt.h"
#include "mho/core/parallel.h"
#include "mho/core/random.h"
#include "mho/core/thread_pool.h"

#if defined(__SANITIZE_THREAD__)
// A child that starts threads is what we do, and what ThreadSanitizer refuses unless told otherwise.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }
#endif

namespace mho::core {
namespace {

/// Threads that a loop of many grains ran on.
std::set<std::thread::id> threads_of_a_loop() {
  std::set<std::thread::id> all;
  std::mutex one;
  parallel_for(1000, 1, [&](std::size_t, std::size_t) {
    const std::scoped_lock lock(one);
    all.insert(std::this_thread::get_id());
  });
  return all;
}

/// Numbers that a loop made, each from its own index.
std::vector<float> numbers() {
  std::vector<float> out(4096);
  const RandomKey key = random_key({.seed = 5, .purpose = "test"});
  parallel_for(out.size(), 64, [&](std::size_t begin, std::size_t end) {
    fill_normal(key, 0, begin, {out.data() + begin, end - begin});
  });
  return out;
}

TEST(Runtime, TwoHaveTheirOwnThreadsAtTheSameTime) {
  const Runtime two({.threads = 2}), three({.threads = 3});
  const std::vector<float> wanted = numbers();
  std::atomic<int> ready = 0;
  std::set<std::thread::id> of_two, of_three;
  const auto work = [&](const Runtime& runtime, std::set<std::thread::id>& all) {
    const Runtime::Use use(runtime);
    ++ready;
    while (ready < 2) std::this_thread::yield();
    for (int times = 0; times < 200; ++times) {
      ASSERT_EQ(thread_count(), runtime.threads());
      all.merge(threads_of_a_loop());
      ASSERT_EQ(numbers(), wanted);
    }
  };
  std::thread other([&] { work(two, of_two); });
  work(three, of_three);
  other.join();
  EXPECT_EQ(of_two.size(), 2U);
  EXPECT_EQ(of_three.size(), 3U);
  for (const auto& id : of_two) EXPECT_FALSE(of_three.contains(id));
}

TEST(Runtime, LoopsOfSeveralThreadsAtOnceGiveTheSameBits) {
  const Runtime both({.threads = 4});
  const std::vector<float> wanted = numbers();
  const auto work = [&] {
    const Runtime::Use use(both);
    for (int times = 0; times < 300; ++times) ASSERT_EQ(numbers(), wanted);
  };
  std::thread other(work);
  work();
  other.join();
}

TEST(Runtime, LoopsBindTheirThreads) {
  const Runtime one({.threads = 3, .isa = Isa::portable});
  const Runtime::Use use(one);
  std::atomic<int> portable = 0, parts = 0;
  parallel_for(3, 1, [&](std::size_t, std::size_t) {
    ++parts;
    portable += current_isa() == Isa::portable ? 1 : 0;
  });
  EXPECT_EQ(parts, 3);
  EXPECT_EQ(portable, 3);
}

TEST(Runtime, UseEndsWithItsScope) {
  const int before = thread_count();
  {
    const Runtime::Use use(Runtime({.threads = before + 3}));
    EXPECT_EQ(thread_count(), before + 3);
    {
      const Runtime::Use inner(Runtime({.threads = before + 7}));
      EXPECT_EQ(thread_count(), before + 7);
    }
    EXPECT_EQ(thread_count(), before + 3);
    set_thread_count(2);
    EXPECT_EQ(thread_count(), 2);
  }
  EXPECT_EQ(thread_count(), before);
  EXPECT_EQ(Runtime().threads(), available_cores());
}

TEST(Runtime, OneIsCancelledAndTheOtherGoesOn) {
  Runtime first({.threads = 2});
  const Runtime second({.threads = 2});
  std::atomic<int> steps = 0;
  std::thread endless([&] {
    const Runtime::Use use(first);
    while (!interrupted()) {
      parallel_for(2, 1, [&](std::size_t, std::size_t) {});
      ++steps;
    }
  });
  while (steps < 10) std::this_thread::yield();
  first.cancel();
  endless.join();
  EXPECT_FALSE(interrupted());
  {
    const Runtime::Use use(second);
    EXPECT_FALSE(interrupted());
  }
  {
    const Runtime::Use use(first);
    EXPECT_TRUE(interrupted());
    first.resume();
    EXPECT_FALSE(interrupted());
  }
}

TEST(Runtime, AnotherNumberOfThreadsIsTheRestAsItWas) {
  const SearchPath mine{.data = "a", .cards = "b", .installed_cards = "c"};
  Runtime two({.threads = 2, .isa = Isa::portable, .search = mine});
  const Runtime three = two.with_threads(3);
  EXPECT_EQ(two.threads(), 2);
  EXPECT_EQ(three.threads(), 3);
  EXPECT_EQ(three.isa(), Isa::portable);
  two.cancel();
  EXPECT_TRUE(three.is_cancelled());
  two.resume();
  EXPECT_FALSE(three.is_cancelled());
  {
    const Runtime::Use use(three);
    EXPECT_EQ(search_path().data, "a");
    EXPECT_EQ(threads_of_a_loop().size(), 3U);
  }
  Runtime same = two.with_threads(2);
  same.use_threads(4);
  EXPECT_EQ(two.threads(), 4) << "one with as many threads is itself";
  EXPECT_EQ(two.with_threads(0).threads(), available_cores());
}

TEST(Runtime, FilesAreLookedForInItsFolders) {
  const SearchPath mine{.data = "a", .cards = "b", .installed_cards = "c"};
  const std::string before = search_path().data;
  {
    const Runtime::Use use(Runtime({.search = mine}));
    EXPECT_EQ(search_path().data, "a");
    EXPECT_EQ(search_path().cards, "b");
    EXPECT_EQ(search_path().installed_cards, "c");
  }
  EXPECT_EQ(search_path().data, before);
}

TEST(Runtime, AChildHasThreadsOfItsOwn) {
  const Runtime::Use use(Runtime({.threads = 3}));
  const std::vector<float> wanted = numbers();
  ASSERT_EQ(threads_of_a_loop().size(), 3U);
  const auto child = [&] {
    if (numbers() != wanted) return 1;
    if (threads_of_a_loop().size() != 3) return 2;
    // A grandchild too; and a runtime of the parent ends without a wait for threads that are not here.
    return tests::exit_code_of_child([&] { return numbers() == wanted ? 0 : 1; });
  };
  EXPECT_EQ(tests::exit_code_of_child(child), 0);
  EXPECT_EQ(threads_of_a_loop().size(), 3U);
}

TEST(Runtime, AChildNeedsNoLoopOfItsParentToEnd) {
  const Runtime shared({.threads = 2});
  std::atomic<bool> inside = false, leave = false;
  std::thread busy([&] {
    const Runtime::Use use(shared);
    parallel_for(2, 1, [&](std::size_t, std::size_t) {
      inside = true;
      while (!leave) std::this_thread::yield();
    });
  });
  while (!inside) std::this_thread::yield();
  const Runtime::Use use(shared);
  EXPECT_EQ(tests::exit_code_of_child([&] { return static_cast<int>(threads_of_a_loop().size()); }), 2);
  EXPECT_EQ(threads_of_a_loop().size(), 1U) << "its threads are busy: the loop runs where it was asked for";
  leave = true;
  busy.join();
}

}  // namespace
}  // namespace mho::core
