// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/partition/weights.hpp>
#include <span>
#include <vector>

namespace hilbrick {

/// The active cells of disjoint boxes of bricks, as disjoint boxes.
std::vector<Box> active_boxes(const Tiling& tiling, const Weights& weights, const std::vector<Box>& bricks);

/// Cell faces, by the axis they are normal to, between disjoint boxes of active cells and the active cells outside them. Where the boxes
/// are one rank's, these are the faces it shares with others.
Int3 outer_faces(const Grid& grid, const Weights& weights, std::span<const Box> mine);

/// Cell faces normal to the axis between the active cells of a brick and those of the brick above it.
Index faces_between(const Tiling& tiling, const Weights& weights, int axis, Int3 lower, Int3 upper);

}  // namespace hilbrick
