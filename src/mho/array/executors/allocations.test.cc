// Once its workspace has grown, a product asks the system for no memory.

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "mho/array/executors/fast_product.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/core/isa.h"
#include "mho/core/random.h"

namespace {
thread_local std::size_t allocations = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* p = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
}  // namespace

// Not inlined: where g++ sees only one of a pair, it takes it for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace mho::array {
namespace {

TEST(Allocations, AProductMakesNoneAfterTheFirst) {
  core::Matrix<float> w(40, 90), x(30, 90), y(30, 40);
  core::fill_uniform(core::random_key({.purpose = "weights"}), 0, 0, w.elements);
  core::fill_uniform(core::random_key({.purpose = "inputs"}), 0, 0, x.elements);
  std::vector<std::int64_t> origins;
  for (std::size_t v = 0; v < x.rows; ++v) origins.push_back(static_cast<std::int64_t>(v * x.cols));
  const Ranges ranges{.input = 1, .input_signed = false, .adc = {{-3, 3}}};
  const auto none_with = [&](auto change) {
    Settings s;
    change(s);
    auto matrix = std::make_shared<ProgrammedMatrix>(*program(w.view(), s, ranges, {}));
    for (Block& b : matrix->blocks) b.plus.sigma = b.minus.sigma = b.plus.g;  // read noise
    const auto product =
        make_fast_product(matrix, {}, Direction::forward, ranges, core::available_isas().back());
    const auto workspace = make_workspace();
    Tally tally;
    const auto use = [&] {
      product->quantize(x.elements, *workspace);
      product->vmm(origins, y.view(), 0, *workspace, &tally);
    };
    use();
    const std::size_t before = allocations;
    use();
    return allocations - before;
  };
  EXPECT_EQ(none_with([](Settings&) {}), 0U);
  EXPECT_EQ(none_with([](Settings& s) { s.input.slice_bits = 1, s.mapping.slices = 4, s.array.rows = 30; }),
            0U);
  EXPECT_EQ(none_with([](Settings& s) { s.mapping.scheme = Scheme::offset_unit_column; }), 0U);
  EXPECT_EQ(none_with([](Settings& s) { s.array.column_current_limit = 2, s.adc.noise_lsb = 1; }), 0U);
}

}  // namespace
}  // namespace mho::array
