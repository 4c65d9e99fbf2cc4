// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <ostream>
#include <string>

namespace hilbrick {

/// Writes a file that appears whole or not at all; `fill` gives its bytes. `option` is who asked for it, in messages ("--owners").
/// Throws Error where it cannot be written: exit code 2 for a name that cannot be opened, 4 for a disk that is full. Local.
void write_whole(const std::string& option, const std::string& file, const std::function<void(std::ostream&)>& fill);

}  // namespace hilbrick
