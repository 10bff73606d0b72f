#pragma once
// Scratch memory of one thread. Each executor keeps a struct of its own in it.

#include <memory>

#include "mho/array/product.h"

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

}  // namespace mho::array
