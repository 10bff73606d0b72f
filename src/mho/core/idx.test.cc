// IDX files, packed or not, and gzip and xz around them.

#include "mho/core/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lzma.h>
#include <zlib.h>

#include <string>

#include "bad_input.h"
#include "mho/core/compressed.h"
#include "mho/core/error.h"

namespace mho::core {
namespace {

Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

const Bytes kTwoByThree = bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255});

Bytes gzipped(std::span<const std::byte> in) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes out(in.size() + 100);
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Bytes xz(std::span<const std::byte> in) {
  Bytes out(in.size() + 1000);
  std::size_t size = 0;
  lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(in.data()),
                          in.size(), reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size());
  out.resize(size);
  return out;
}

TEST(Idx, BytesComeBackPackedOrNot) {
  for (const Bytes& file : {kTwoByThree, gzipped(kTwoByThree), xz(kTwoByThree)}) {
    const NpyArray array = parse_idx(file, "x");
    EXPECT_EQ(array.shape, (std::vector<std::size_t>{2, 3}));
    EXPECT_EQ(array.dtype, Dtype::u1);
    EXPECT_EQ(array.bytes, bytes({1, 2, 3, 4, 5, 255}));
  }
}

TEST(Idx, NumbersAreBigEndian) {
  EXPECT_THAT(
      elements_as<std::int32_t>(parse_idx(bytes({0, 0, 0x0b, 1, 0, 0, 0, 2, 1, 2, 0xff, 0xfe}), "x"), "x"),
      testing::ElementsAre(0x102, -2));
  EXPECT_THAT(elements_as<float>(parse_idx(bytes({0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0}), "x"), "x"),
              testing::ElementsAre(1.5f));
}

TEST(Idx, SaysWhatIsWrong) {
  const auto refusal = [](const Bytes& file) {
    try {
      parse_idx(file, "labels.idx");
    } catch (const InvalidInput& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(refusal({}), testing::HasSubstr("labels.idx: not an IDX file"));
  EXPECT_THAT(refusal(bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1})),
              testing::HasSubstr("shape (2, 3) in u1 needs 6 bytes, 1 follow"));
  EXPECT_NE(refusal(bytes({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})), "");
}

TEST(Idx, DamagedFilesAreReadOrRefused) {
  const auto parse = [](std::span<const std::byte> file) { parse_idx(file, "x"); };
  tests::refuses_every_truncation(parse, kTwoByThree);
  EXPECT_GT(tests::survives_every_flip(parse, kTwoByThree), 50u);
  for (const Bytes& file : {gzipped(kTwoByThree), xz(kTwoByThree)}) {
    tests::refuses_every_truncation(parse, file);
    EXPECT_GT(tests::survives_every_flip(parse, file), 50u);
  }
}

TEST(Compressed, MembersOneAfterTheOtherAreOneFile) {
  Bytes twice = gzipped(bytes({1, 2}));
  const Bytes second = gzipped(bytes({3}));
  twice.insert(twice.end(), second.begin(), second.end());
  EXPECT_EQ(decompressed(twice, "x"), bytes({1, 2, 3}));
}

// 8 MiB of zeros in 16 KiB: memory stops growing at the limit.
TEST(Compressed, WhatUnpacksToTooMuchIsRefused) {
  const Bytes zeros(std::size_t{8} << 20);
  for (const Bytes& bomb : {gzipped(zeros), xz(zeros)}) {
    ASSERT_LT(bomb.size(), std::size_t{1} << 14);
    EXPECT_THROW(decompressed(bomb, "x", 1 << 20), InvalidInput);
  }
}

}  // namespace
}  // namespace mho::core
