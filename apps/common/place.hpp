// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where in a file something stands, for messages.

#include <string>

namespace hilbrick {

struct Place {
  std::string file;
  unsigned line = 0, column = 0;
};
/// "file:line:column"; the file alone without a line.
std::string to_string(const Place&);

/// Throws Error: "file:line:column: message".
[[noreturn]] void fail(const Place& place, const std::string& message);

}  // namespace hilbrick
