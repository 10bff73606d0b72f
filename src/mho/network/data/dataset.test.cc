// Data sets of every kind of file: the right pixels with the right labels, prepared as asked, and mistakes
// named.

#include "mho/network/data/dataset.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>

#include "bad_input.h"
#include "encode_image.h"
#include "mho/core/error.h"
#include "mho/core/npy.h"
#include "mho/core/parallel.h"
#include "mho/network/data/preprocess.h"
#include "temporary_folder.h"

namespace mho::network {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

DataSettings settings(const std::string& images) {
  DataSettings s;
  s.images = images;
  return s;
}

std::vector<float> all_of(const Dataset& set) {
  std::vector<float> out(set.size() * set.image_size());
  set.read(0, set.size(), out);
  return out;
}

std::string refusal(const DataSettings& s) {
  try {
    all_of(Dataset(s));
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

class Files : public testing::Test {
 protected:
  std::string write(const std::string& name, const core::Bytes& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(folder_.file(name)).parent_path());
    core::write_file(folder_.file(name), bytes);
    return folder_.file(name);
  }
  std::string write(const std::string& name, std::string_view text) const {
    const auto bytes = std::as_bytes(std::span(text));
    return write(name, core::Bytes(bytes.begin(), bytes.end()));
  }
  tests::TemporaryFolder folder_;
};

core::Bytes idx(std::initializer_list<int> sizes, const std::vector<int>& values) {
  core::Bytes out{std::byte{0}, std::byte{0}, std::byte{8}, static_cast<std::byte>(sizes.size())};
  for (const int size : sizes) {
    for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::byte>(size >> shift & 0xff));
  }
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

TEST_F(Files, AnIdxPairByItsPart) {
  std::vector<int> pixels(3 * 2 * 2);
  std::iota(pixels.begin(), pixels.end(), 0);
  write("m/t10k-images-idx3-ubyte", idx({3, 2, 2}, pixels));
  write("m/t10k-labels-idx1-ubyte", idx({3}, {7, 0, 2}));
  const Dataset set(settings(folder_.file("m/test")));
  EXPECT_THAT(set.shape(), ElementsAre(1, 2, 2));
  EXPECT_THAT(set.labels(), ElementsAre(7, 0, 2));
  EXPECT_THAT(all_of(set), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  std::vector<float> middle(4);
  set.read(1, 1, middle);
  EXPECT_THAT(middle, ElementsAre(4, 5, 6, 7));
}

TEST_F(Files, StrideThenCountThenLabelOffset) {
  std::vector<int> pixels(7), labels(7);
  std::iota(pixels.begin(), pixels.end(), 10);
  std::iota(labels.begin(), labels.end(), 1);
  write("x-images", idx({7, 1, 1}, pixels));
  write("x-labels", idx({7}, labels));
  DataSettings s = settings(folder_.file("x-images"));
  s.stride = 3;
  EXPECT_THAT(all_of(Dataset(s)), ElementsAre(10, 13, 16));
  s.count = 2;
  s.label_offset = -1;
  const Dataset set(s);
  EXPECT_THAT(all_of(set), ElementsAre(10, 13));
  EXPECT_THAT(set.labels(), ElementsAre(0, 3));
  s.count = 4;
  EXPECT_THAT(refusal(s), HasSubstr("count = 4 but with stride = 3 there are 3 images"));
  s.count = 2;
  s.label_offset = -2;
  EXPECT_THAT(refusal(s), HasSubstr("image 0: label 1 with label_offset = -2 is -1"));
}

core::Bytes cifar_records(std::size_t n) {
  core::Bytes bytes;
  for (std::size_t i = 0; i < n; ++i) {
    bytes.push_back(static_cast<std::byte>(i % 10));
    for (int c = 0; c < 3; ++c) bytes.insert(bytes.end(), 1024, static_cast<std::byte>(10 * (c + 1) + i));
  }
  return bytes;
}

TEST_F(Files, CifarRecordsAndChannelOrder) {
  write("c/data_batch_1.bin", cifar_records(2));
  write("c/data_batch_2.bin", cifar_records(1));
  DataSettings s = settings(folder_.file("c/train"));
  const Dataset set(s);
  EXPECT_EQ(set.size(), 3u);
  EXPECT_THAT(set.labels(), ElementsAre(0, 1, 0));
  const auto rgb = all_of(set);
  EXPECT_EQ(rgb[3072], 11);
  EXPECT_EQ(rgb[3072 + 2048], 31);

  // In this order: channels, scale, mean, std; the mean is one of the reordered channel.
  s.preprocess = {.order = Preprocess::Order::bgr, .scale = 0.5, .mean = {1, 2, 3}, .std = {1, 2, 4}};
  const auto bgr = all_of(Dataset(s));
  EXPECT_FLOAT_EQ(bgr[3072], (31 * 0.5f - 1) / 1);
  EXPECT_FLOAT_EQ(bgr[3072 + 1024], (21 * 0.5f - 2) / 2);
  EXPECT_FLOAT_EQ(bgr[3072 + 2048], (11 * 0.5f - 3) / 4);
  s.preprocess.mean = {1, 2};
  EXPECT_THAT(refusal(s), HasSubstr("preprocess.mean has 2 numbers; images here have 3 channels"));
}

TEST_F(Files, CifarMistakes) {
  core::Bytes bytes = cifar_records(3);
  bytes[3073] = std::byte{10};
  EXPECT_THAT(refusal(settings(write("a.bin", bytes))), HasSubstr("record 1 at byte 3073 has the label 10"));
  bytes.pop_back();
  EXPECT_THAT(refusal(settings(write("b.bin", bytes))), HasSubstr("9218 bytes, no whole number of CIFAR-10"));
}

TEST_F(Files, ArraysOfNumpy) {
  std::vector<float> values(2 * 3 * 2 * 2);
  std::iota(values.begin(), values.end(), 0.5f);
  const std::array<std::size_t, 4> nchw{2, 3, 2, 2};
  const std::array<std::size_t, 2> flat{2, 12};
  const std::array<std::size_t, 1> two{2};
  const std::vector<std::int64_t> labels{1, 0};
  core::write_npy<float>(folder_.file("images.npy"), nchw, values);
  core::write_npy<std::int64_t>(folder_.file("labels.npy"), two, labels);
  const Dataset set(settings(folder_.file("images.npy")));
  EXPECT_THAT(set.shape(), ElementsAre(3, 2, 2));
  EXPECT_THAT(set.labels(), ElementsAre(1, 0));
  EXPECT_EQ(all_of(set), values);

  core::write_npz(folder_.file("a.npz"), {{"x", core::npy_bytes<float>(flat, values)},
                                          {"y", core::npy_bytes<std::int64_t>(two, labels)}});
  const Dataset archive(settings(folder_.file("a.npz")));
  EXPECT_THAT(archive.shape(), ElementsAre(12));
  EXPECT_THAT(archive.labels(), ElementsAre(1, 0));
  EXPECT_EQ(all_of(archive), values);

  DataSettings cropped = settings(folder_.file("images.npy"));
  cropped.preprocess.crop = 1;
  EXPECT_THAT(all_of(Dataset(cropped)), ElementsAre(0.5f, 4.5f, 8.5f, 12.5f, 16.5f, 20.5f));
  cropped.preprocess.resize = 5;
  EXPECT_THAT(refusal(cropped), HasSubstr("preprocess.resize needs images of 8 bits"));
}

TEST_F(Files, TablesWithTheLabelLastOrNamed) {
  const Dataset plain(settings(write("d/small.train", "1,2,9\n3,4,8\n")));
  EXPECT_THAT(plain.shape(), ElementsAre(2));
  EXPECT_THAT(plain.labels(), ElementsAre(9, 8));
  EXPECT_EQ(Dataset(settings(folder_.file("d/train"))).size(), 2u);
  const Dataset named(settings(write("a.csv", "label,x,y\n9,1,2\n8,3,4\n")));
  EXPECT_THAT(named.labels(), ElementsAre(9, 8));
  EXPECT_THAT(all_of(named), ElementsAre(1, 2, 3, 4));
  const Dataset bare(settings(write("b.csv", "x,y\n1,2\n")));
  EXPECT_FALSE(bare.has_labels());
  EXPECT_THAT(refusal(settings(write("c.csv", "1,2\n\n1,2.5\n"))),
              HasSubstr("c.csv:3: the label in column 2 is 2.5"));
}

TEST_F(Files, FoldersWithAList) {
  const core::Image colour = tests::pattern(4, 6, 3), gray = tests::pattern(4, 6, 1);
  write("f/b.png", tests::png_of(colour));
  write("f/a.png", tests::png_of(gray));
  write("f/labels.csv", "class_index,file\n5,b.png\n6,a.png\n");
  const Dataset set(settings(folder_.file("f")));
  EXPECT_THAT(set.shape(), ElementsAre(3, 4, 6));
  EXPECT_THAT(set.labels(), ElementsAre(5, 6));
  const auto values = all_of(set);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < 24; ++i) {
      EXPECT_EQ(values[c * 24 + i], colour.pixels[3 * i + c]);
      EXPECT_EQ(values[72 + c * 24 + i], gray.pixels[i]);
    }
  }
  EXPECT_NO_THROW(set.check_labels(7));
  try {
    set.check_labels(6);
    FAIL();
  } catch (const core::InvalidInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("a.png: the label 6 (label_offset included) must be below 6"));
  }
  write("f/labels.csv", "class_index,file\n5,b.png\n6,c.png\n");
  EXPECT_THAT(refusal(settings(folder_.file("f"))), HasSubstr("labels.csv:3: there is no file"));
  write("f/labels.csv", "class_index,file\nx,b.png\n");
  EXPECT_THAT(refusal(settings(folder_.file("f"))), HasSubstr("labels.csv:2: class_index is \"x\""));
  std::filesystem::remove(folder_.file("f/labels.csv"));
  const Dataset by_name(settings(folder_.file("f")));
  EXPECT_FALSE(by_name.has_labels());
  EXPECT_EQ(all_of(by_name)[1], gray.pixels[1]);
}

TEST_F(Files, FolderImagesBecomeOneSizeByResizingAndCropping) {
  write("f/a.png", tests::png_of(tests::pattern(10, 14, 3)));
  write("f/b.png", tests::png_of(tests::pattern(15, 9, 3)));
  DataSettings s = settings(folder_.file("f"));
  EXPECT_THAT(refusal(s), HasSubstr("b.png: becomes 3×15×9, the first image of the set 3×10×14"));
  s.preprocess.resize = 6;
  s.preprocess.crop = 5;
  const Dataset set(s);
  EXPECT_THAT(set.shape(), ElementsAre(3, 5, 5));
  // 10×14 becomes 6×8 (8.4 rounded down); 1 of 6 and 3 of 8 are cut: margins 0 and 1
  const core::Image small = core::resized(tests::pattern(10, 14, 3), 6, 8);
  const auto values = all_of(set);
  for (std::size_t y = 0; y < 5; ++y) {
    for (std::size_t x = 0; x < 5; ++x) EXPECT_EQ(values[y * 5 + x], small.at(y, x + 1, 0));
  }
  s.preprocess.crop = 7;
  EXPECT_THAT(refusal(s), HasSubstr("a.png: 6×8 pixels are smaller than crop = 7"));
}

TEST(Preprocess, MarginsAreHalvesRoundedDownOrToEven) {
  using OddMargin = Preprocess::OddMargin;
  for (std::size_t cut = 0; cut < 8; ++cut) {
    EXPECT_EQ(crop_margin(224 + cut, {.crop = 224}), cut / 2);
    EXPECT_EQ(crop_margin(224 + cut, {.crop = 224, .odd_margin = OddMargin::even}),
              static_cast<std::size_t>(std::nearbyint(static_cast<double>(cut) / 2)));
  }
}

TEST_F(Files, ADamagedImageIsNamedFromAnyThread) {
  for (int i = 0; i < 20; ++i)
    write("f/" + std::to_string(10 + i) + ".png", tests::png_of(tests::pattern(8, 8, 3)));
  core::Bytes half = tests::png_of(tests::pattern(8, 8, 3));
  half.resize(half.size() / 2);
  write("f/27.png", half);
  EXPECT_THAT(refusal(settings(folder_.file("f"))),
              HasSubstr("27.png: not a readable PNG image: it ends early"));
}

TEST_F(Files, AnyNumberOfThreadsReadsTheSame) {
  for (int i = 0; i < 12; ++i)
    write("f/" + std::to_string(10 + i) + ".jpg", tests::jpeg_of(tests::pattern(9, 8 + i, 3)));
  DataSettings s = settings(folder_.file("f"));
  s.preprocess.resize = s.preprocess.crop = 8;
  const Dataset set(s);
  const int before = core::thread_count();
  core::set_thread_count(1);
  const auto one = all_of(set);
  core::set_thread_count(4);
  EXPECT_EQ(all_of(set), one);
  core::set_thread_count(before);
}

TEST_F(Files, EmptyAndAbsentSets) {
  EXPECT_THAT(refusal(settings(folder_.file("absent"))), HasSubstr("no such data set: there is no"));
  std::filesystem::create_directory(folder_.file("empty"));
  EXPECT_THAT(refusal(settings(folder_.file("empty"))), HasSubstr("no JPEG or PNG images"));
  EXPECT_NE(refusal(settings(write("e.csv", ""))), "");
  EXPECT_NE(refusal(settings(write("e.bin", ""))), "");
  EXPECT_NE(refusal(settings(write("e.npy", ""))), "");
  EXPECT_NE(refusal(settings(write("e", ""))), "");
  write("p-images", idx({2, 1, 1}, {1, 2}));
  write("p-labels", idx({3}, {1, 2, 3}));
  EXPECT_THAT(refusal(settings(folder_.file("p-images"))), HasSubstr("2 images but 3 labels"));
}

TEST_F(Files, AreLookedForBesideTheStudyThenInTheData) {
  write("data/set/test.csv", "1,2\n");
  write("study/set/test.csv", "5,6\n");
  DataSettings s = settings("set/test");
  s.study = folder_.file("study/s.toml");
  const auto look_in = [&](const std::string& data) {
    s.library =
        std::make_shared<core::Library>(core::SearchPath{.data = data, .cards = "", .installed_cards = ""});
  };
  look_in(folder_.file("data"));
  EXPECT_THAT(all_of(Dataset(s)), ElementsAre(5));
  s.study = folder_.file("elsewhere/s.toml");
  EXPECT_THAT(all_of(Dataset(s)), ElementsAre(1));
  look_in("");
  EXPECT_THAT(refusal(s), HasSubstr("set/test; MHO_DATA is not set"));
}

/// The four small images of a folder, and their labels.
class Pictures : public Files {
 protected:
  void SetUp() override {
    for (int i = 0; i < 4; ++i) write(fmt::format("f/{}.png", i), tests::png_of(tests::pattern(4 + i, 4, 1)));
    write("f/labels.csv", "file,class_index\n0.png,0\n1.png,1\n2.png,2\n3.png,3\n");
  }
  DataSettings set() const {
    DataSettings s = settings(folder_.file("f"));
    s.preprocess.crop = 4;
    return s;
  }
};

TEST_F(Pictures, ADigestIsOfTheContentsInTheirOrderAlone) {
  const auto before = Dataset(set()).images_digest();
  const auto labels = Dataset(set()).labels_digest();
  EXPECT_NE(Dataset(set()).images_digest(2), before);
  std::filesystem::rename(folder_.file("f"), folder_.file("g"));
  DataSettings moved = set();
  moved.images = folder_.file("g");
  moved.preprocess.scale = 0.5;
  EXPECT_EQ(Dataset(moved).images_digest(), before);
  EXPECT_EQ(Dataset(moved).labels_digest(), labels);

  write("g/labels.csv", "file,class_index\n0.png,0\n1.png,1\n2.png,2\n3.png,4\n");
  moved.library = std::make_shared<core::Library>();
  EXPECT_EQ(Dataset(moved).images_digest(), before);
  EXPECT_NE(Dataset(moved).labels_digest(), labels);
  write("g/labels.csv", "file,class_index\n1.png,1\n0.png,0\n2.png,2\n3.png,3\n");
  moved.library = std::make_shared<core::Library>();
  EXPECT_NE(Dataset(moved).images_digest(), before) << "another order";
  moved.library = std::make_shared<core::Library>();
  write("g/labels.csv", "file,class_index\n0.png,0\n1.png,1\n2.png,2\n3.png,3\n");
  write("g/3.png", tests::png_of(tests::pattern(8, 4, 1)));
  EXPECT_NE(Dataset(moved).images_digest(), before);
  EXPECT_EQ(Dataset(moved).labels_digest(), labels);
}

TEST_F(Pictures, AnImageThatChangesAfterItWasReadIsRefused) {
  const Dataset images(set());
  images.images_digest();
  const auto before = all_of(images);
  const auto time = std::filesystem::last_write_time(folder_.file("f/2.png"));
  write("f/2.png", core::read_file(folder_.file("f/2.png")));
  EXPECT_EQ(all_of(images), before) << "only the time is another";
  auto bytes = core::read_file(folder_.file("f/2.png"));
  auto other = tests::pattern(6, 4, 1);
  other.pixels[0] ^= 1;
  bytes = tests::png_of(other);
  write("f/2.png", bytes);
  std::filesystem::last_write_time(folder_.file("f/2.png"), time);
  try {
    all_of(images);
    FAIL() << "read what it was not a digest of";
  } catch (const core::InvalidInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("f/2.png: changed while the study ran"));
  }
}

TEST_F(Files, NumbersThatChangeInTheirFileAreRefused) {
  for (const bool hashed : {false, true}) {
    const std::string file = folder_.file("x.npy");
    core::write_npy<float>(file, std::vector<std::size_t>{2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
    using namespace std::chrono_literals;  // the clock of a file system may tick too slowly for a test
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - 1h);
    const Dataset numbers(settings(file));
    if (hashed) numbers.images_digest();
    EXPECT_THAT(all_of(numbers), ElementsAre(1, 2, 3, 4, 5, 6));
    std::fstream in_place(file, std::ios::in | std::ios::out | std::ios::binary);
    in_place.seekp(-4, std::ios::end);
    const float seven = 7;
    in_place.write(reinterpret_cast<const char*>(&seven), 4);
    in_place.close();
    EXPECT_THROW(all_of(numbers), core::InvalidInput);
    std::filesystem::resize_file(file, 100);
    EXPECT_THROW(all_of(numbers), core::InvalidInput) << "and no signal";
    core::write_npy<float>(file, std::vector<std::size_t>{2, 3}, std::vector<float>{6, 5, 4, 3, 2, 1});
  }
}

TEST_F(Files, AStudySaysWhichAndHow) {
  const std::string table = write("t.csv", "4,0\n6,1\n8,0\n");
  const auto study =
      core::Config::from_text("[data]\nimages = \"" + table +
                                  "\"\nstride = 2\n[data.preprocess]\nscale = 0.5\nmean = [1]\nstd = [2]\n",
                              "s.toml");
  const Dataset set(study);
  study.finish();
  EXPECT_THAT(all_of(set), ElementsAre(0.5f, 1.5f));
  EXPECT_EQ(read_data_settings(core::Config::from_text("data.images = \"digits8x8/train\"", "s")).test,
            "digits8x8/test");
}

TEST_F(Files, AStudysMistakesAreSaidTogether) {
  const auto study = core::Config::from_text(
      "[data]\nimages = \"absent\"\nstride = 0\n[data.preprocess]\nstd = [0]\norder = \"rbg\"\n", "s.toml");
  const Dataset set(study);
  EXPECT_EQ(set.size(), 0u);
  EXPECT_EQ(set.image_size(), 0u);
  try {
    study.finish();
    FAIL();
  } catch (const core::InvalidInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("s.toml:2: data.images = 'absent': no such data set"));
    EXPECT_THAT(error.what(), HasSubstr("s.toml:3: data.stride = 0: must be a whole number of at least 1"));
    EXPECT_THAT(error.what(), HasSubstr("s.toml:5: data.preprocess.std"));
    EXPECT_THAT(error.what(), HasSubstr("did you mean \"rgb\"?"));
  }
}

/// Sets that are too large or too free to lie in the repository; absent, the test says that it was skipped.
std::string real_data() {
  if (const char* data = std::getenv("MHO_DATA"); data && std::filesystem::is_directory(data)) return data;
  const auto beside = std::filesystem::path(MHO_SOURCE_DIR) / ".." / "shared" / "data";
  return std::filesystem::is_directory(beside) ? beside.string() : "";
}

std::vector<std::size_t> label_counts(const Dataset& set) {
  std::vector<std::size_t> counts(10);
  for (const int label : set.labels()) ++counts.at(static_cast<std::size_t>(label));
  return counts;
}

// Numbers of each digit: Y. LeCun et al., the MNIST database.
TEST(RealData, Mnist) {
  if (!std::filesystem::exists(real_data() + "/mnist")) GTEST_SKIP() << "no mnist in MHO_DATA";
  const Dataset set(settings(real_data() + "/mnist/test"));
  EXPECT_THAT(set.shape(), ElementsAre(1, 28, 28));
  EXPECT_THAT(label_counts(set), ElementsAre(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009));
  const auto pixels = all_of(set);
  EXPECT_EQ(std::accumulate(pixels.begin(), pixels.end(), 0.0), 264923200.0);
}

// 1,797 test digits of 64 pixels from 0 to 16 (UCI Optical Recognition of Handwritten Digits).
TEST(RealData, Digits) {
  if (!std::filesystem::exists(real_data() + "/digits8x8")) GTEST_SKIP() << "no digits8x8 in MHO_DATA";
  const Dataset set(settings(real_data() + "/digits8x8/test"));
  EXPECT_EQ(set.size(), 1797u);
  EXPECT_THAT(set.shape(), ElementsAre(64));
  EXPECT_THAT(label_counts(set), ElementsAre(178, 182, 177, 183, 181, 182, 181, 179, 174, 180));
  EXPECT_THAT(all_of(set), testing::Each(testing::AllOf(testing::Ge(0.0f), testing::Le(16.0f))));
}

// Sum of all pixels of 200 photographs, shorter side 227 and centre crop 227 where torchvision has it, as
// Pillow 13.0 gives it.
TEST(RealData, Photographs) {
  const std::string folder = real_data() + "/imagenet/calibration200";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no imagenet in MHO_DATA";
  DataSettings s = settings(folder);
  s.preprocess.resize = s.preprocess.crop = 227;
  s.preprocess.odd_margin = Preprocess::OddMargin::even;
  const auto pixels = all_of(Dataset(s));
  EXPECT_EQ(std::accumulate(pixels.begin(), pixels.end(), 0.0), 3519875908.0);
}

}  // namespace
}  // namespace mho::network
