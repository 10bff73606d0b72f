// Arrays come from and go to NumPy's files unchanged, and no file, however damaged, does harm.

#include "mho/core/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "bad_input.h"
#include "mho/core/error.h"
#include "temporary_folder.h"

namespace mho::core {
namespace {

Bytes bytes_of(std::string_view text) {
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

/// A version 1 file as NumPy would write it: dictionary, padding, elements.
Bytes npy_file(std::string dictionary, std::string_view data, int version = 1) {
  dictionary += '\n';
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) {
    file += static_cast<char>(dictionary.size() >> (8 * i) & 0xff);
  }
  return bytes_of(file + dictionary + std::string(data));
}

std::string refusal(const Bytes& file) {
  try {
    parse_npy(file, "x.npy");
  } catch (const InvalidInput& error) {
    return error.what();
  }
  return "";
}

const std::string kTwoByThree("\1\0\4\0\2\0\5\0\3\0\6\0", 12);  // [[1,2,3],[4,5,6]] as i2, column by column

TEST(Npy, EveryVersionAndOrderGivesTheSameMatrix) {
  const std::array<std::int16_t, 6> expected{1, 2, 3, 4, 5, 6};
  const std::string rows("\1\0\2\0\3\0\4\0\5\0\6\0", 12), swapped("\0\1\0\2\0\3\0\4\0\5\0\6", 12);
  for (const int version : {1, 2, 3}) {
    for (const auto& file :
         {npy_file("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }", kTwoByThree, version),
          npy_file("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }", rows, version),
          npy_file("{'shape': (2L, 3L), 'fortran_order': False, 'descr': '>i2'}", swapped, version)}) {
      const NpyArray array = parse_npy(file, "x.npy");
      EXPECT_EQ(array.shape, (std::vector<std::size_t>{2, 3}));
      EXPECT_EQ(array.dtype, Dtype::i2);
      ASSERT_EQ(array.bytes.size(), 12u);
      EXPECT_EQ(std::memcmp(array.bytes.data(), expected.data(), 12), 0);
    }
  }
}

TEST(Npy, FortranOrderInThreeDimensions) {
  // np.arange(24, dtype='u1').reshape(2, 3, 4), stored with the first index fastest
  std::string data;
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 2; ++i) data += static_cast<char>(12 * i + 4 * j + k);
    }
  }
  const auto array =
      parse_npy(npy_file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4)}", data), "x");
  for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(array.bytes[i], static_cast<std::byte>(i));
}

template <typename T>
void round_trip(std::initializer_list<T> values) {
  const tests::TemporaryFolder folder;
  const std::vector<T> elements(values);
  write_npy<T>(folder.file("a.npy"), std::array<std::size_t, 1>{elements.size()},
               std::span<const T>(elements));
  const NpyArray array = read_npy(folder.file("a.npy"));
  EXPECT_EQ(array.dtype, dtype_of<T>());
  EXPECT_EQ(array.shape, std::vector<std::size_t>{elements.size()});
  ASSERT_EQ(array.bytes.size(), elements.size() * sizeof(T));
  EXPECT_EQ(std::memcmp(array.bytes.data(), elements.data(), array.bytes.size()), 0);
}

TEST(Npy, EveryTypeComesBackBitForBit) {
  round_trip<float>({0.0f, -0.0f, 1e-45f, std::numeric_limits<float>::infinity(), std::nanf("7")});
  round_trip<double>({0.1, -1e308});
  round_trip<std::int8_t>({-128, 127});
  round_trip<std::int16_t>({-32768, 32767});
  round_trip<std::int32_t>({std::numeric_limits<std::int32_t>::min(), 1});
  round_trip<std::int64_t>({std::numeric_limits<std::int64_t>::min(), 1});
  round_trip<std::uint8_t>({0, 255});
  round_trip<std::uint16_t>({0, 65535});
  round_trip<std::uint32_t>({0, 0xffffffff});
  round_trip<std::uint64_t>({0, ~std::uint64_t{0}});
}

TEST(Npy, MatricesAndViewsComeBack) {
  const tests::TemporaryFolder folder;
  Matrix<float> m(3, 5);
  for (std::size_t i = 0; i < 15; ++i) m.elements[i] = static_cast<float>(i) * 0.5f;
  write_npy(folder.file("m.npy"), m);
  write_npy<float>(folder.file("block.npy"), MatrixView<const float>(m.view()).block(1, 2, 2, 3));
  const auto whole = read_npy_matrix<float>(folder.file("m.npy"));
  const auto block = read_npy_matrix<double>(folder.file("block.npy"));
  EXPECT_EQ(whole.elements, m.elements);
  EXPECT_EQ(block.rows, 2u);
  EXPECT_EQ(block(1, 2), 14 * 0.5);
}

TEST(Npy, WholeNumbersMustFit) {
  const std::array<double, 2> values{3, 2.5};
  const auto array = parse_npy(npy_bytes<double>(std::array<std::size_t, 1>{2}, values), "x.npy");
  try {
    elements_as<std::int32_t>(array, "x.npy");
    FAIL();
  } catch (const InvalidInput& error) {
    EXPECT_NE(std::string(error.what()).find("x.npy: element 1 is 2.5"), std::string::npos);
  }
  for (const double value : {0x1p63, -0x1.0000000000001p63, std::nan(""), 1e300}) {
    const auto one = parse_npy(npy_bytes<double>({}, std::span(&value, 1)), "x");
    EXPECT_THROW(elements_as<std::int64_t>(one, "x"), InvalidInput) << value;
  }
  const double smallest = -0x1p63;
  const auto one = parse_npy(npy_bytes<double>({}, std::span(&smallest, 1)), "x");
  EXPECT_EQ(elements_as<std::int64_t>(one, "x")[0], std::numeric_limits<std::int64_t>::min());
  const std::int16_t big = 256;
  EXPECT_THROW(
      elements_as<std::uint8_t>(parse_npy(npy_bytes<std::int16_t>({}, std::span(&big, 1)), "x"), "x"),
      InvalidInput);
}

TEST(Npy, SaysWhatIsWrong) {
  EXPECT_THAT(refusal(npy_file("{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}", "ab")),
              testing::HasSubstr("elements of type '<f2'; what can be read: f4 f8"));
  EXPECT_THAT(refusal(npy_file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "abcd")),
              testing::HasSubstr("structured arrays"));
  EXPECT_THAT(refusal(npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "abcd")),
              testing::HasSubstr("shape (2) of f4 needs 8 bytes, 4 follow the header"));
  EXPECT_THAT(refusal(bytes_of("no array at all")), testing::HasSubstr("x.npy: not a readable NPY array"));
  const tests::TemporaryFolder folder;
  write_npy<float>(folder.file("v.npy"), std::array<std::size_t, 1>{2}, std::array{1.0f, 2.0f});
  EXPECT_THROW(read_npy_matrix<float>(folder.file("v.npy")), InvalidInput);
}

TEST(Npy, SizesThatTheFileCannotHoldAreRefusedBeforeMemoryIsTaken) {
  for (const char* shape : {"(999999999999999999, 999999999999999999)", "(4294967296, 4294967296, 1)",
                            "(1000000000000,)", "(99999999999999999999,)", "(-1,)", "(2.5,)"}) {
    EXPECT_NE(refusal(npy_file(std::string("{'descr': '<f4', 'fortran_order': True, 'shape': ") + shape + "}",
                               "abcd")),
              "")
        << shape;
  }
}

TEST(Npy, DamagedFilesAreReadOrRefused) {
  const auto parse = [](std::span<const std::byte> file) { parse_npy(file, "x.npy"); };
  const Bytes file = npy_file("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }", kTwoByThree, 2);
  tests::refuses_every_truncation(parse, file);
  EXPECT_GT(tests::survives_every_flip(parse, file), 100u);
}

// np.savez_compressed(f, w=np.arange(3, dtype='f4'), flag=np.array([True, False])), NumPy 2
constexpr std::string_view kNpzHex =
    "504b03042d000000080000002100b68c8653ffffffffffffffff05001400772e6e7079010010008c000000000000004b00000000"
    "00"
    "00009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17"
    "67"
    "2416a402f91ac63a9a3a0ab50a14002e063068b007120e00504b03042d000000080000002100ee19bb5dffffffffffffffff0800"
    "14"
    "00666c61672e6e707901001000820000000000000046000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a05e93"
    "64"
    "a8aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a9a3a0ab50a14002e460600504b01022d03"
    "2d"
    "000000080000002100b68c86534b0000008c000000050000000000000000000000800100000000772e6e7079504b01022d032d00"
    "00"
    "00080000002100ee19bb5d4600000082000000080000000000000000000000800182000000666c61672e6e7079504b0506000000"
    "00"
    "0200020069000000020100000000";

Bytes numpys_npz() {
  Bytes bytes;
  for (std::size_t i = 0; i < kNpzHex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(kNpzHex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(Npz, ReadsWhatNumpyWrites) {
  auto arrays = parse_npz(numpys_npz(), "x.npz");
  ASSERT_EQ(arrays.size(), 2u);
  EXPECT_THAT(elements_as<float>(arrays.at("w"), "w"), testing::ElementsAre(0.0f, 1.0f, 2.0f));
  EXPECT_EQ(arrays.at("flag").dtype, Dtype::b1);
  EXPECT_THAT(elements_as<std::int32_t>(arrays.at("flag"), "flag"), testing::ElementsAre(1, 0));
}

TEST(Npz, StoredAndDeflatedComeBack) {
  const tests::TemporaryFolder folder;
  const std::vector<float> zeros(1000, 0.0f);
  const std::array<std::int64_t, 2> two{-5, 7};
  const std::array<std::size_t, 2> shape{10, 100};
  const std::array<std::size_t, 1> pair{2};
  for (const bool deflate : {false, true}) {
    write_npz(folder.file("a.npz"),
              {{"zeros", npy_bytes<float>(shape, zeros)}, {"two", npy_bytes<std::int64_t>(pair, two)}},
              deflate);
    const auto arrays = read_npz(folder.file("a.npz"));
    EXPECT_EQ(arrays.at("zeros").shape, (std::vector<std::size_t>{10, 100}));
    EXPECT_THAT(elements_as<float>(arrays.at("zeros"), ""), testing::Each(0.0f));
    EXPECT_THAT(elements_as<std::int64_t>(arrays.at("two"), ""), testing::ElementsAre(-5, 7));
    EXPECT_EQ(read_file(folder.file("a.npz")).size() < 2000, deflate);
  }
}

TEST(Npz, DamagedArchivesAreReadOrRefused) {
  const auto parse = [](std::span<const std::byte> file) { parse_npz(file, "x.npz"); };
  tests::refuses_every_truncation(parse, numpys_npz());
  EXPECT_GT(tests::survives_every_flip(parse, numpys_npz()), 1000u);
}

// A stored zip of one entry that claims 4 GB from a few bytes.
TEST(Npz, ClaimsBeyondWhatDeflateCanExpandAreRefused) {
  Bytes file = numpys_npz();
  const auto directory = static_cast<std::size_t>(0x102);
  for (std::size_t i = 0; i < 4; ++i) file[directory + 24 + i] = static_cast<std::byte>(i == 3 ? 0xf0 : 0xff);
  EXPECT_THROW(parse_npz(file, "x.npz"), InvalidInput);
}

}  // namespace
}  // namespace mho::core
