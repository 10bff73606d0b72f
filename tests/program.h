#pragma once
// Runs the program as a user does, and makes small files for it to read.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

namespace mho::testing {

struct Answer {
  int code = 0;  ///< 128 + signal where a signal ended it
  std::string said;
};

/// stdout and stderr together. `before`: what the shell does first, "cd folder;".
inline Answer run(const std::string& arguments, const std::string& program = MHO_PROGRAM,
                  const std::string& before = "") {
  const std::string command = before + " exec " + program + " " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {-1, "popen failed"};
  Answer answer;
  char buffer[4096];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) answer.said.append(buffer, n);
  const int status = pclose(pipe);
  answer.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return answer;
}

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void spill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Lines of 64 numbers 0..16 and a label, from a small generator (Lehmer's, modulus 2^31-1).
inline std::string csv(int lines, std::uint64_t seed) {
  std::string out;
  for (int i = 0; i < lines; ++i) {
    for (int k = 0; k < 64; ++k) {
      seed = seed * 48271 % 2147483647;
      out += std::to_string(seed % 17) + ",";
    }
    out += std::to_string(i % 10) + "\n";
  }
  return out;
}

/// A folder of its own for one test, with the digits network, forty images that look like digits and a
/// study file; removed afterwards.
class Workshop : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder =
        std::filesystem::path(::testing::TempDir()) /
        ("mho_" + std::string(info->test_suite_name()) + "_" + info->name() + "_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    spill(at("net.onnx"), slurp(std::string(MHO_SOURCE_DIR) + "/studies/networks/digits.onnx"));
    spill(at("images.csv"), csv(40, 1));
    spill(at("study.toml"), study());
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string at(const std::string& name) const { return (folder / name).string(); }

  static std::string study(const std::string& images = "images.csv", const std::string& model = "net.onnx",
                           const std::string& more = "") {
    return "task = \"infer\"\n[network]\nmodel = \"" + model + "\"\n[data]\nimages = \"" + images +
           "\"\npreprocess = {scale = 0.0625}\n[calibration]\ncount = 20\n[device]\ncard = \"taox\"\n" +
           more + "[study]\ntrials = 3\n";
  }

  Answer infer(const std::string& more = "") const { return run("infer " + at("study.toml") + " " + more); }
  nlohmann::json result(const std::string& name = "r.json") const {
    return nlohmann::json::parse(slurp(at(name)), nullptr, false);
  }

  std::filesystem::path folder;
};

}  // namespace mho::testing
