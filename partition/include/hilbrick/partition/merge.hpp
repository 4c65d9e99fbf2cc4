// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/partition/grid.hpp>
#include <vector>

namespace hilbrick {

/// The union of disjoint boxes as few, large, disjoint boxes: the largest box inside the union is taken first (of equals the one
/// longest along x), then the largest of the rest, until the work grows beyond a fixed budget; the rest is merged along x, then y, then z.
/// Equal unions whose coordinates are equal give equal results. Local.
std::vector<Box> merged(const std::vector<Box>& boxes);

}  // namespace hilbrick
