// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/partition/grid.hpp>

namespace hilbrick {

/// What cuts are weighed by, as integers: picoseconds for one unit of load, and for one cell face normal to x, y, z between two ranks.
struct CostModel {
  Index load_ps = 4000;
  Int3 face_ps{1600, 1600, 1600};
};

}  // namespace hilbrick
