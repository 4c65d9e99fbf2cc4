// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The user's or the machine's mistakes. A programmer's mistakes are HILBRICK_ASSERTs, expected absences are values.

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace hilbrick {

/// Something the user or the machine got wrong: the message says what was expected, what was found, where, and what to do.
/// `exit_code` is what the program ends with: 2 for bad usage or input, 4 for failures while running.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, int exit_code = 2) : std::runtime_error(message), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

/// A failure while running (disk full, field not finite, peer lost): exit code 4.
inline Error runtime_failure(const std::string& message) { return Error(message, 4); }

}  // namespace hilbrick

/// Ends the program with a place where a condition that only our own mistake can break does not hold. Always on: none stands in an inner
/// loop.
#define HILBRICK_ASSERT(condition)                                                                                          \
  do {                                                                                                                      \
    if (!(condition)) {                                                                                                     \
      std::fprintf(stderr, "hilbrick: %s:%d: this is our mistake, please report it: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                                                         \
    }                                                                                                                       \
  } while (false)
