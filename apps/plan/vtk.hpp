// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/partition/partition.hpp>
#include <string>

namespace hilbrick::plan {

/// Writes the bricks of `tiling` for ParaView: a VTK XML RectilinearGrid (.vtr) whose planes are the bricks', in cells, with the cell data
/// rank (as owner_of_brick says; -1 for nobody), node (-1 too) and load (the brick's weight). Holds one layer of bricks at a time.
/// Throws Error as write_whole does.
void write_vtk(const std::string& file, const Partition& partition, const Tiling& tiling);

}  // namespace hilbrick::plan
