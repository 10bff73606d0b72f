#pragma once
// Ctrl-C: long work asks between its steps, keeps what is finished and ends.

namespace mho::core {

/// From here on SIGINT and SIGTERM only raise a flag; a second SIGINT ends the program at once.
void catch_interrupts();
/// A signal came, or the runtime that the calling thread uses was cancelled (runtime.h).
bool interrupted();
/// As a signal does. For tests, and to go on after the partial result is written.
void set_interrupted(bool value);

}  // namespace mho::core
