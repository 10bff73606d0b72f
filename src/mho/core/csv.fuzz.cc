// Any text is a table or is refused.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mho/core/csv.h"
#include "mho/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    if (size % 2 == 0) {
      mho::core::parse_csv(text, "x.csv");
    } else {
      mho::core::parse_csv_numbers(text, "x.csv");
    }
  } catch (const mho::core::InvalidInput&) {  // the only way to refuse
  }
  return 0;
}
