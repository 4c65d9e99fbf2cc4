// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/partition/grid.hpp>
#include <string>

namespace hilbrick {

/// "300x200x100"
inline std::string dimensions(Int3 n) { return std::to_string(n.x) + "x" + std::to_string(n.y) + "x" + std::to_string(n.z); }

}  // namespace hilbrick
