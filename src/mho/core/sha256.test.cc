#include "mho/core/sha256.h"

#include <gtest/gtest.h>

#include <string>

namespace mho::core {
namespace {

// The examples of the standard (FIPS 180-4, NIST's example values for SHA-256) and the empty message.
TEST(Sha256, AgreesWithTheStandard) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  const std::string text(1000, 'x');
  Sha256 pieces;
  for (std::size_t at = 0, length = 0; at < text.size(); at += length) {
    length = std::min<std::size_t>(at % 97 + 1, text.size() - at);
    pieces.add(std::string_view(text).substr(at, length));
  }
  EXPECT_EQ(pieces.digest(), sha256(text));
}

}  // namespace
}  // namespace mho::core
