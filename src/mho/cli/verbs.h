#pragma once
// The verbs of the program: each adds itself to the command line in a file of its own, <verb>.cc.

#include <CLI/App.hpp>
#include <string>

namespace mho::cli {

/// What every verb takes.
struct Common {
  std::string json_file;  ///< --json FILE
  int threads = 0;        ///< --threads N
  int exit_code = 0;      ///< of a run that ended early with a partial result
};

void add_cost(CLI::App& app, Common& common);
void add_device(CLI::App& app, Common& common);
void add_device_fit(CLI::App& device, Common& common);
void add_infer(CLI::App& app, Common& common);
void add_info(CLI::App& app, Common& common);
void add_mvm(CLI::App& app, Common& common);
void add_report(CLI::App& app, Common& common);
void add_onnx(CLI::App& app, Common& common);
void add_run(CLI::App& app, Common& common);
void add_train(CLI::App& app, Common& common);

}  // namespace mho::cli
