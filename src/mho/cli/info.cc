// mho info: what this build and this machine are.

#include <fmt/core.h>

#include "mho/cli/verbs.h"
#include "mho/core/isa.h"
#include "mho/core/parallel.h"

namespace mho::cli {

void add_info(CLI::App& app, Common&) {
  app.add_subcommand("info", "version, processor, SIMD targets, threads, memory")->callback([] {
    fmt::print("mho {}\nSIMD targets", MHO_VERSION);
    for (const auto isa : core::available_isas()) {
      fmt::print(" {}{}", core::name(isa), isa == core::current_isa() ? "*" : "");
    }
    fmt::print("\nthreads {}\n", core::thread_count());
  });
}

}  // namespace mho::cli
