// mho <verb>: reads the command line, runs one verb, turns exceptions into one clear line and an exit code.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "mho/cli/verbs.h"
#include "mho/core/config.h"
#include "mho/core/error.h"
#include "mho/core/interrupt.h"
#include "mho/core/runtime.h"

namespace {

/// "mho foo" names the verbs there are, and the nearest of them. Empty where the first word is a verb.
std::string unknown_verb(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> verbs;
  for (const auto* verb : app.get_subcommands(nullptr)) verbs.push_back(verb->get_name());
  const auto is_verb = [&](const char* w) { return std::find(verbs.begin(), verbs.end(), w) != verbs.end(); };
  const auto word = std::find_if(argv + 1, argv + argc, [](const char* w) { return w[0] != '-'; });
  if (word == argv + argc || std::any_of(argv + 1, argv + argc, is_verb)) return "";
  const auto near = mho::core::nearest_word(*word, verbs);
  return fmt::format("mho: there is no verb \"{}\"{}; the verbs are {}", *word,
                     near ? fmt::format("; did you mean \"{}\"?", *near) : "", fmt::join(verbs, ", "));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace mho;
  CLI::App app{"mho: what an analog in-memory neural accelerator answers, how accurately, and at what cost"};
  app.set_version_flag("--version", "mho " MHO_VERSION);
  app.require_subcommand(1);
  cli::Common common;
  std::optional<core::Runtime::Use> runtime;
  app.add_option("--threads", common.threads, "threads to use (0: all cores)")->check(CLI::NonNegativeNumber);
  app.add_option("--json", common.json_file, "where the answer goes as JSON");
  app.parse_complete_callback([&] {
    runtime.emplace(core::Runtime({.threads = common.threads}));  // says at once what is wrong with MHO_ISA
  });
  app.fallthrough();
  cli::add_cost(app, common);
  cli::add_infer(app, common);
  cli::add_run(app, common);
  cli::add_train(app, common);
  cli::add_device(app, common);
  cli::add_report(app, common);
  cli::add_info(app, common);
  cli::add_mvm(app, common);
  cli::add_onnx(app, common);
  for (CLI::App* verb : app.get_subcommands(nullptr))
    verb->footer("\nOf every verb: --json FILE (the answer as JSON), --threads N (0: all cores)");
  core::catch_interrupts();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (const auto message = unknown_verb(app, argc, argv); error.get_exit_code() != 0 && !message.empty()) {
      fmt::print(stderr, "{}\n", message);
      return 2;
    }
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const core::InvalidInput& error) {
    fmt::print(stderr, "mho: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "mho: {}\n", error.what());
    return 1;
  }
  return common.exit_code;
}
