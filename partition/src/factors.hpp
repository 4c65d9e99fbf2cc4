// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/partition/cost_model.hpp>
#include <hilbrick/partition/partition.hpp>
#include <optional>
#include <span>

namespace hilbrick {

/// The factors of the ranks along x, y, z whose cuts cost least, then those that cost least between nodes, then those whose busiest rank
/// pays least, then those that cut the slowest axes. At most `most_cut_axes` factors exceed 1; none exceeds the cells of its axis. The
/// nodes form a grid of their own where they are equally large.
std::optional<Cartesian> best_factors(const Grid& grid, const CostModel& cost, std::span<const int> node_sizes, int most_cut_axes);

}  // namespace hilbrick
