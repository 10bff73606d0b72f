// Whatever is wrong with what a user gives, the program says what and where in one message and ends with
// code 2 (1 where the machine failed), never with a crash and never with a number.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "program.h"

namespace {

using mho::testing::Answer;
using mho::testing::run;
using mho::testing::slurp;
using mho::testing::spill;

class BadInput : public mho::testing::Workshop {
 protected:
  /// The study ends with code 2 and a message that holds all of `words`.
  void refused(const std::vector<std::string>& words, const std::string& more = "") {
    const Answer answer = infer(more);
    EXPECT_EQ(answer.code, 2) << answer.said;
    EXPECT_EQ(answer.said.rfind("mho: ", 0), 0) << answer.said;
    for (const auto& word : words)
      EXPECT_NE(answer.said.find(word), std::string::npos) << word << "\n" << answer.said;
  }

  /// Every way of spoiling the bytes of `name` ends well: a result, or a message and code 2.
  void survives(const std::string& name, const std::string& good) {
    for (const std::size_t size : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
      spill(at(name), good.substr(0, size));
      const Answer answer = infer();
      EXPECT_EQ(answer.code, 2) << name << " cut to " << size << ": " << answer.said;
      EXPECT_NE(answer.said.find(name), std::string::npos) << answer.said;
    }
    std::uint64_t seed = 7;
    for (int i = 0; i < 12; ++i) {
      seed = seed * 48271 % 2147483647;
      std::string spoilt = good;
      spoilt[seed % std::min<std::size_t>(good.size(), 4096)] ^= static_cast<char>(1 << (seed / 5000 % 8));
      spill(at(name), spoilt);
      const Answer answer = infer("--set study.trials=1");
      EXPECT_TRUE(answer.code == 0 || answer.code == 2) << name << ": " << answer.code << " " << answer.said;
    }
    spill(at(name), good);
  }

  /// The network with one weight of conv1 replaced.
  std::string network_with_weight(float value) const {
    std::string bytes = slurp(at("net.onnx"));
    const auto name = bytes.rfind("conv1.weight");  // the initializer: name, tag 0x4a, two bytes of length
    std::memcpy(bytes.data() + name + 12 + 3 + 8, &value, 4);
    return bytes;
  }
};

TEST_F(BadInput, TheStudyItselfIsGood) {
  const Answer answer = infer();
  EXPECT_EQ(answer.code, 0) << answer.said;
}

TEST_F(BadInput, NetworksThatAreNone) {
  survives("net.onnx", slurp(at("net.onnx")));
  spill(at("net.onnx"), study());  // text
  refused({"net.onnx"});
  std::filesystem::remove(at("net.onnx"));
  refused({"net.onnx"});
}

TEST_F(BadInput, WeightsThatAreNoNumbers) {
  for (const float value : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    spill(at("net.onnx"), network_with_weight(value));
    refused({"conv1"});
  }
}

TEST_F(BadInput, TablesOfImages) {
  const std::string good = mho::testing::csv(40, 1);
  spill(at("images.csv"), "");
  refused({"images.csv"});
  spill(at("images.csv"), good.substr(0, good.size() - 60));
  refused({"images.csv"});
  spill(at("images.csv"), good + good.substr(0, 130) + "x,3\n");
  refused({"images.csv"});
  std::string label = good;
  label.replace(label.rfind(",9\n"), 3, ",10\n");
  spill(at("images.csv"), label);
  refused({"images.csv", "10"});
  label.replace(label.rfind(",10\n"), 4, ",-1\n");
  spill(at("images.csv"), label);
  refused({"images.csv", "-1"});
}

TEST_F(BadInput, NumpyFiles) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (30, 1, 8, 8), }";
  header.resize(128 - 10 - 1, ' ');
  header += '\n';
  std::string npy("\x93NUMPY\x01\x00", 8);
  npy += static_cast<char>(header.size());
  npy += '\0';
  npy += header + std::string(30 * 64 * 4, '\0');
  spill(at("study.toml"), study("images.npy"));
  spill(at("images.npy"), npy);
  ASSERT_EQ(infer().code, 0) << infer().said;
  survives("images.npy", npy);
  spill(at("images.npy"), "no array");
  refused({"images.npy"});
  const float nan = std::nanf("");
  std::memcpy(npy.data() + 128 + 40, &nan, 4);
  spill(at("images.npy"), npy);
  refused({"images.npy"});
}

TEST_F(BadInput, IdxFiles) {
  std::string images("\0\0\x08\x03\0\0\0\x1e\0\0\0\x08\0\0\0\x08", 16), labels("\0\0\x08\x01\0\0\0\x1e", 8);
  for (int i = 0; i < 30 * 64; ++i) images += static_cast<char>(i % 17);
  for (int i = 0; i < 30; ++i) labels += static_cast<char>(i % 10);
  spill(at("test-images-idx3-ubyte"), images);
  spill(at("test-labels-idx1-ubyte"), labels);
  spill(at("study.toml"), study("test-images-idx3-ubyte"));
  ASSERT_EQ(infer().code, 0) << infer().said;
  survives("test-images-idx3-ubyte", images);
  survives("test-labels-idx1-ubyte", labels);
  labels.back() = 77;
  spill(at("test-labels-idx1-ubyte"), labels);
  refused({"test-images-idx3-ubyte: image 29", "77"});
}

TEST_F(BadInput, FoldersOfImages) {
  std::filesystem::create_directories(at("pictures"));
  spill(at("study.toml"), study("pictures"));
  refused({"pictures"});  // empty
  for (const std::string bytes : {"", "no picture", "\xff\xd8\xff\xe0 cut short"}) {
    spill(at("pictures/a.jpg"), bytes);
    refused({"a.jpg"});
  }
  spill(at("pictures/labels.csv"), "file,class_index\nmissing.jpg,0\n");
  refused({"missing.jpg"});
}

TEST_F(BadInput, StudyFiles) {
  spill(at("study.toml"), "");
  refused({"model"});
  spill(at("study.toml"), "[network\nmodel = 3");
  refused({"study.toml:1"});
  spill(at("study.toml"), study("images.csv", "net.onnx", "on_of_ratio = 10\n"));
  refused({"study.toml:", "on_of_ratio", "on_off_ratio"});
  spill(at("study.toml"),
        study("images.csv", "net.onnx", "[adc]\nbits = 99\nkind = \"unifrom\"\n[mapping]\nslices = -1\n"));
  refused({"adc.bits = 99", "uniform", "mapping.slices = -1"});  // all mistakes at once
  spill(at("study.toml"), study() + "threads = \"two\"\n");
  refused({"study.threads"});
  spill(at("study.toml"), study() + "[sweep]\n\"adc.bits\" = 4\n");
  refused({"sweep", "list"});
  spill(at("study.toml"), study());
  refused({"adc.bits"}, "--set adc.bits=99");
  refused({"KEY=VALUE"}, "--set adc.bits");
  refused({"adc.bits=99: must be"}, "--set adc.bits=99 --json " + at("result.json"));
  EXPECT_FALSE(std::filesystem::exists(at("result.json.partial"))) << "nothing was computed";
  std::filesystem::remove(at("study.toml"));
  refused({"study.toml"});
}

TEST_F(BadInput, Cards) {
  const std::string good = slurp(std::string(MHO_SOURCE_DIR) + "/cards/devices/taox.toml");
  std::string text = study();
  text.replace(text.find("taox"), 4, at("card.toml"));
  spill(at("study.toml"), text);
  spill(at("card.toml"), good);
  ASSERT_EQ(infer().code, 0) << infer().said;
  spill(at("card.toml"), "");
  refused({"card.toml"});
  spill(at("card.toml"), good.substr(0, good.size() / 2));
  const Answer half = infer();
  EXPECT_EQ(half.code, 2) << half.said;
  text.replace(text.find(at("card.toml")), at("card.toml").size(), "taxo");
  spill(at("study.toml"), text);
  refused({"taxo", "taox"});
}

TEST_F(BadInput, Verbs) {
  const Answer answer = run("infre " + at("study.toml"));
  EXPECT_EQ(answer.code, 2);
  for (const char* word : {"infre", "did you mean \"infer\"", "report", "device"}) {
    EXPECT_NE(answer.said.find(word), std::string::npos) << answer.said;
  }
  EXPECT_EQ(run("").code, 2);
  EXPECT_EQ(run("infer").code, 2);
  EXPECT_EQ(run("--help").code, 0);
}

TEST_F(BadInput, Results) {
  for (const char* bytes : {"", "{", "[1]", "{\"task\": \"infer\", \"points\": [{}]}"}) {
    spill(at("r.json"), bytes);
    const Answer answer = run("report " + at("r.json") + " -o " + at("r.html"));
    EXPECT_EQ(answer.code, 2) << bytes << answer.said;
    EXPECT_NE(answer.said.find("r.json"), std::string::npos) << answer.said;
    EXPECT_FALSE(std::filesystem::exists(at("r.html")));
  }
}

TEST_F(BadInput, PlacesThatCannotBeWrittenTo) {
  refused({"nowhere"}, "--json " + at("nowhere/r.json"));
  refused({"nowhere"}, "--report " + at("nowhere/r.html"));
  spill(at("s.sqlite"), std::string(5000, 'x'));
  refused({"s.sqlite"}, "--store " + at("s.sqlite"));
  // A full disk is the machine's failure: the table is said nevertheless.
  const Answer full = infer("--json /dev/full");
  EXPECT_EQ(full.code, 1) << full.said;
  EXPECT_NE(full.said.find("/dev/full"), std::string::npos) << full.said;
  EXPECT_NE(full.said.find("No space left"), std::string::npos) << full.said;
  EXPECT_NE(full.said.find("top-1"), std::string::npos) << full.said;
}

}  // namespace
