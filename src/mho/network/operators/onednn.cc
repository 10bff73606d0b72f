#include "mho/network/operators/onednn.h"

#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>

namespace mho::network {

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

bool is_slow_implementation(const std::string& name) { return name.find("ref") != std::string::npos; }

OneThread::OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
OneThread::~OneThread() { omp_set_num_threads(before_); }

}  // namespace mho::network
