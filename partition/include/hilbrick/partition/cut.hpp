// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where a curve is divided among ranks.

#include <hilbrick/partition/curve.hpp>
#include <hilbrick/partition/weights.hpp>
#include <vector>

namespace hilbrick {

/// The P + 1 cuts of a curve, as keys: rank r owns the bricks with cuts[r] <= key < cuts[r + 1].
/// Cut k stands where the weight before it is nearest to k W / P; of two equally near places the earlier.
/// So no rank has more than the mean plus the heaviest brick. Throws Error for ranks < 1. O(P levels).
std::vector<Key> cut(const Curve& curve, const Tiling& tiling, const Weights& weights, int ranks);

}  // namespace hilbrick
