// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/partition/partition.hpp>
#include <string>

namespace hilbrick::plan {

/// The owner of a brick of `tiling`, whatever tiling the partition itself has: the rank that owns most of its active cells, of
/// equals the lowest; nobody where it has none. Exact where no brick is shared: always for the curve methods, and for bricks of one cell.
Rank owner_of_brick(const Partition& partition, const Tiling& tiling, Int3 brick);

/// Writes the owner of each brick as a NumPy file, int32 [z][y][x]. Throws Error as write_whole does.
void write_owners(const std::string& file, const Partition& partition, const Tiling& tiling);

}  // namespace hilbrick::plan
