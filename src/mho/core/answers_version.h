#pragma once
// The version of mho's answers, a part of every identity (core/identity.h).

namespace mho::core {

/// Raised by one whenever any answer changes: another draw, another rounding, a fault that is mended. What
/// was kept under the number before is then not found any more, and what a file brings of it is refused.
inline constexpr int kAnswersVersion = 4;

}  // namespace mho::core
