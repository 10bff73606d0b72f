#pragma once
// What happens to cells after they were programmed, and cells to which nothing happens any more.

#include <cstdint>
#include <span>

namespace mho::device {

struct Event {
  double wait_s = 0;     ///< first this
  double dose_krad = 0;  ///< then this
  friend bool operator==(const Event&, const Event&) = default;
};

double total_wait_s(std::span<const Event> events);
double total_dose_krad(std::span<const Event> events);

/// Why a cell doesn't answer to programming, waiting or dose.
enum class Fault : std::int8_t {
  none = 0,
  stuck_on = 1,   ///< at G_on
  stuck_off = 2,  ///< at G_off
  stuck = 3,      ///< where it is
};

}  // namespace mho::device
