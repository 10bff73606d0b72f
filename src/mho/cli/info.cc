// mho info: what this build and this machine are.

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <string>

#include "mho/cli/verbs.h"
#include "mho/core/json_file.h"
#include "mho/core/machine.h"
#include "mho/network/operators/onednn_version.h"

namespace mho::cli {

void add_info(CLI::App& app, Common& common) {
  app.add_subcommand("info", "version, processor, SIMD targets, threads, memory")->callback([&common] {
    const core::Machine machine = core::this_machine();
    const std::string onednn = network::onednn_version();
    std::string targets;
    for (const auto isa : machine.isas) {
      targets += core::name(isa);
      targets += isa == machine.isa ? "* " : " ";
    }
    constexpr double gib = 1 << 30;
    fmt::print("mho           {}\n", MHO_VERSION);
    fmt::print("built by      {}\n", machine.compiler);
    fmt::print("oneDNN        {}\n", onednn);
    fmt::print("processor     {}\n", machine.processor);
    fmt::print("SIMD targets  {}  (* in use; MHO_ISA chooses)\n", targets);
    fmt::print("VNNI          {}\n", machine.vnni ? "yes" : "no");
    fmt::print("threads       {} on {} cores\n", machine.threads, machine.cores);
    fmt::print("memory        {:.1f} GiB, {:.1f} GiB available\n",
               static_cast<double>(machine.memory_bytes) / gib,
               static_cast<double>(machine.available_bytes) / gib);
    if (!common.json_file.empty()) {
      core::write_json_file(
          common.json_file,
          {{"version", MHO_VERSION}, {"onednn", onednn}, {"machine", core::as_json(machine)}});
    }
  });
}

}  // namespace mho::cli
