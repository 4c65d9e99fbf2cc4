// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Bodies that come from files.

#include <hilbrick/comm.hpp>

#include "scene.hpp"

namespace hilbrick::fdtd {

/// Makes a body's mesh of the bytes of its STL file; appends to `warnings` what had to be repaired, or overlaps itself. Throws Error for
/// what is no closed surface. Local.
void make_mesh(StlBody& body, std::string_view bytes, std::vector<std::string>& warnings);

/// The scene with what the files of its shapes hold. Rank 0 reads each STL file, closes and places its surface and sends it to the others;
/// a file of voxels is opened by all and read later, each rank its own part. Rank 0 warns of surfaces that had to be repaired or that
/// overlap themselves. Throws SharedError for files that cannot be read or hold no closed surface, and for bodies outside the grid.
/// Collective over comm.
Scene with_bodies(const Comm& comm, Scene scene);

}  // namespace hilbrick::fdtd
