// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where a curve is divided among places. P + 1 cuts, as keys: place p owns the bricks with cuts[p] <= key < cuts[p + 1].

#include <hilbrick/partition/cost_model.hpp>
#include <hilbrick/partition/curve.hpp>
#include <hilbrick/partition/weights.hpp>
#include <span>
#include <vector>

namespace hilbrick {

/// The keys at which the weight before is nearest to targets[i] / denominator, of two equally near ones the earlier.
/// `targets` ascend, from 0 to denominator times the weight of all. O(targets levels).
std::vector<Key> keys_at(const Curve& curve, const Tiling& tiling, const Weights& weights, std::span<const Wide> targets, Wide denominator);

/// Cut k stands where the weight before it is nearest to k W / P. So no place has more than the mean plus the heaviest brick.
/// Throws Error for ranks < 1. O(P levels).
std::vector<Key> cut(const Curve& curve, const Tiling& tiling, const Weights& weights, int ranks);

/// Cuts whose heaviest place is as light as any cuts of this curve can make it, each as near to k W / P as that allows. Visits every
/// brick. Throws Error for ranks < 1.
std::vector<Key> cut_exactly(const Curve& curve, const Tiling& tiling, const Weights& weights, int ranks);

/// Slides cuts along the curve, a brick at a time, to where the dearer of the two places beside a cut becomes cheaper by
/// `CostModel::of_place`, or they cut less for the same. No slide adds to the cost of all cut faces, or to a place's load
/// beyond 1.03 of the mean or what the heaviest place had. Visits every brick.
std::vector<Key> slide(const Curve& curve, const Tiling& tiling, const Weights& weights, const CostModel& cost, std::vector<Key> cuts);

}  // namespace hilbrick
