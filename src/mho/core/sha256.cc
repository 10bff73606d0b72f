#include "mho/core/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "mho/core/error.h"

namespace mho::core {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

namespace {

void require(bool done) {
  if (!done) throw SystemFailure("libcrypto does not compute SHA-256 here");
}

}  // namespace

std::string hex(const Digest& digest) {
  std::string out;
  for (const std::byte b : digest) out += fmt::format("{:02x}", static_cast<unsigned>(b));
  return out;
}

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require(state_->context && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() = default;

Sha256& Sha256::add(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
  return *this;
}

Digest Sha256::digest() {
  Digest out;
  unsigned size = 0;
  require(EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(out.data()), &size) == 1 &&
          size == out.size());
  return out;
}

Digest sha256(std::span<const std::byte> bytes) { return Sha256().add(bytes).digest(); }
Digest sha256(std::string_view text) { return Sha256().add(text).digest(); }

}  // namespace mho::core
