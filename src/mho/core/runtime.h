#pragma once
// Where work is done and whether it is to go on: a value, so that two pieces of work in one process have
// their own threads, instruction set and folders, and one can be stopped while the other goes on.
//
//   core::Runtime two({.threads = 2});
//   {
//     const core::Runtime::Use use(two);  // what this thread calls from here on is done by `two`
//     inference.evaluate(…);
//   }
//   two.cancel();                         // from any thread: its work ends at the next step
//
// A thread that uses none has the process' own.

#include <memory>
#include <optional>

#include "mho/core/isa.h"
#include "mho/core/locate.h"

namespace mho::core {

struct RuntimeOptions {
  int threads = 0;                        ///< that loops use; 0: all cores that the process may use
  std::optional<Isa> isa = {};            ///< nothing: MHO_ISA of the environment, else the fastest
  std::optional<SearchPath> search = {};  ///< of files and cards; nothing: by the environment (locate.h)
};

struct RuntimeState;  // runtime_state.h

/// A handle: copies are the same runtime. Its threads end with the last of them.
///
/// Loops of one runtime that are asked for by several threads at once share its threads: one loop has them
/// all, the others run where they were asked for. Each gives the same bits as alone.
class Runtime {
 public:
  /// Throws InvalidInput where this machine can't run `isa`, or MHO_ISA is asked for and wrong.
  explicit Runtime(const RuntimeOptions& options = {});

  /// That of threads which use no other.
  static Runtime process();
  /// That of the calling thread.
  static Runtime here();

  int threads() const;
  /// From the next loop on; 0: all cores. Not while a loop runs: its workspaces are as many as its threads.
  void use_threads(int requested);
  /// This one where it has as many threads; else one with the same instruction set and folders that is
  /// cancelled together with this one, and has threads of its own. 0: all cores.
  Runtime with_threads(int requested) const;

  Isa isa() const;
  /// From the next call on; what is made already, a product or a plan, keeps its own.
  void use_isa(Isa isa);

  /// What runs ends at its next step with what is done (interrupt.h), and so does what is begun after, until
  /// resume().
  void cancel();
  void resume();
  bool is_cancelled() const;

  /// While it lives, the calling thread uses this runtime; so do the threads that its loops run on.
  class Use {
   public:
    explicit Use(Runtime runtime);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    std::shared_ptr<RuntimeState> state_;
    RuntimeState* before_;
  };

 private:
  explicit Runtime(std::shared_ptr<RuntimeState> state);
  std::shared_ptr<RuntimeState> state_;
};

}  // namespace mho::core
