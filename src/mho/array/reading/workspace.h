#pragma once
// Scratch memory of one thread. Each executor keeps a struct of its own in it.

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "mho/array/reading/product.h"

namespace mho::array {

struct Scratch {
  virtual ~Scratch() = default;
};

class Workspace {
 public:
  /// This thread's T, made at the first call and after another executor used the workspace.
  template <typename T>
  T& as() {
    T* there = dynamic_cast<T*>(scratch_.get());
    if (there == nullptr) {
      auto made = std::make_unique<T>();
      there = made.get();
      scratch_ = std::move(made);
    }
    return *there;
  }

 private:
  std::unique_ptr<Scratch> scratch_;
};

/// Workspaces between two uses, so that dense batches allocate nothing after the first.
class IdleWorkspaces {
 public:
  WorkspacePtr take() {
    const std::scoped_lock lock(guard_);
    if (idle_.empty()) return make_workspace();
    WorkspacePtr one = std::move(idle_.back());
    idle_.pop_back();
    return one;
  }
  void put(WorkspacePtr one) {
    const std::scoped_lock lock(guard_);
    idle_.push_back(std::move(one));
  }

 private:
  std::mutex guard_;
  std::vector<WorkspacePtr> idle_;
};

}  // namespace mho::array
